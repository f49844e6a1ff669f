/**
 * Claude Code in a terminal (recorded with 2.1.197): how to start it, type to it, answer it and stop it.
 * What its screen means is in `claude_screen.ts`.
 */

import { HarnexError } from "../../model/errors.ts";
import { parseObject } from "../../text/json.ts";
import type {
  Keystroke,
  PtyBehaviour,
  ScreenAnswer,
  ScreenPolicy,
  ScreenSignal,
} from "../../transports/agent_process.ts";
import type { Screen } from "../../transports/terminal/screen.ts";
import type { LaunchPlan, LaunchRequest, PtyAdapter } from "../adapter.ts";
import { fromHook, HOOK_TOKEN, sessionFile, withHooks } from "./hooks.ts";
import {
  findInputBox,
  isVimInsert,
  readBox,
  readDialog,
  readDraft,
  readTallDialog,
  showsConnectionFailure,
  showsSecurityNotes,
} from "./screen.ts";
import { usageFromTranscript } from "./usage.ts";
import { pasteOf } from "../paste.ts";

const BYPASS_FLAG = "--dangerously-skip-permissions";
/** Between a paste or key and the next one. 2.1.197 lost 1 of 7 Enters right after a paste and none from 20 ms on. */
const STOP_PAUSE_MS = 150;
/** On a machine with a load of 5 per core it took more than half a second to show what was typed. */
const ECHO_MS = 3000;
/** Two Ctrl-C at this distance ended it in every try; closer ones were not tried. */
const LEAVE_PAUSE_MS = 300;
const RIGHT_ARROW = "\x1b[C";

/**
 * Measured with 2.1.197 against a mock, 50 to 200 columns, about 90 turns: work showed 17 to 120 ms after Enter (up to
 * 184 with both cores taken) for 28 ms at least; one turn of 20 that answered at once was over before its work could
 * be seen. No turn looked ready in its middle: not between tools, while streaming, retrying, or going on to a queued
 * message. With the first task in argv the prompt stood there 110 ms (350 when busy) before the turn began.
 */
const POLICY: ScreenPolicy = { readySettleMs: 250, settleBy: "verdict", unseenWorkMs: 2500 };

export const claude: PtyAdapter = {
  name: "claude",
  transport: "pty",
  probe: {
    argv: ["claude", "--version"],
    minVersion: "2.0.0",
    testedUpTo: "2.1.197",
    requiredByDefault: false,
    package: "@anthropic-ai/claude-code",
    install: "npm install -g @anthropic-ai/claude-code",
  },
  plan,
  settingsFile,
  behaviour: {
    policy: POLICY,
    graces: { askMs: 5000, termMs: 2000 },
    fromScreen,
    draft,
    keysFor,
    // An Enter on an empty box does nothing.
    inputBox: "certain",
    keysToClear: [{ kind: "key", key: "ctrl-c" }, pause(LEAVE_PAUSE_MS)],
    keysToInterrupt,
    keysToStop,
    keysToAnswer,
    fromHook,
    stateFile: sessionFile,
  } satisfies PtyBehaviour,
  usageFrom,
  usageFromLog: usageFromTranscript,
};

function plan(request: LaunchRequest): LaunchPlan {
  const bypass = request.approvals === "auto";
  const given = splitSettings(request.args.filter((word) => word !== BYPASS_FLAG));
  if (bypass || asksForBypass(given.args)) refuseAsRoot(request);
  const own = ownArguments(request, given);
  const argv = ["claude", ...(bypass ? [BYPASS_FLAG] : []), ...own.argv, ...given.args];
  if (request.model !== undefined) argv.push("--model", request.model);
  if (request.effort !== undefined) argv.push("--effort", request.effort);
  if (request.context === undefined) return { ...own.plan, argv, contextInArgv: false };
  if (swallowsNextWord(argv)) argv.push("--");
  return { ...own.plan, argv: [...argv, request.context], contextInArgv: true };
}

/**
 * Our settings (the person's own with our hooks added) in a private file, and a session id that is known beforehand.
 */
function ownArguments(
  { own }: LaunchRequest,
  { args, settings }: GivenWords,
): { argv: string[]; plan: Partial<LaunchPlan> } {
  const passed = settings === undefined ? [] : ["--settings", settings];
  if (own === undefined) return { argv: passed, plan: {} };
  const text = settings?.trimStart().startsWith("{") ? settings : own.settingsText;
  const base = text === undefined ? {} : parseObject(text);
  // What cannot be read is Claude's to complain about; then its screen and its session file have to do.
  if (base === undefined || (settings !== undefined && text === undefined)) return { argv: passed, plan: {} };
  const path = `${own.folder}/settings.json`;
  const names = NAMES_SESSION.some((flag) => args.some((word) => word === flag || word.startsWith(`${flag}=`)));
  return {
    argv: ["--settings", path, ...(names ? [] : ["--session-id", own.uuid])],
    plan: {
      files: [{ path, text: JSON.stringify(withHooks(base, own.hookUrl), null, 2) }],
      hookTokenVariable: HOOK_TOKEN,
      ...(names ? {} : { agentSessionId: own.uuid }),
    },
  };
}

const NAMES_SESSION = ["--session-id", "--resume", "-r", "--continue", "-c", "--from-pr"] as const;

interface GivenWords {
  args: string[];
  /** a path or JSON, as Claude takes it; the last one counts */
  settings: string | undefined;
}

function splitSettings(words: readonly string[]): GivenWords {
  const args: string[] = [];
  let settings: string | undefined;
  for (let index = 0; index < words.length; index++) {
    const word = words[index] ?? "";
    if (word === "--settings") settings = words[++index];
    else if (word.startsWith("--settings=")) settings = word.slice("--settings=".length);
    else args.push(word);
  }
  return { args, settings };
}

function settingsFile(words: readonly string[]): string | undefined {
  const { settings } = splitSettings(words);
  return settings?.trimStart().startsWith("{") ? undefined : settings;
}

function asksForBypass(args: readonly string[]): boolean {
  return args.some((word, index) =>
    word === "--permission-mode=bypassPermissions" ||
    (word === "--permission-mode" && args[index + 1] === "bypassPermissions")
  );
}

/** 2.1.197 exits 1 as root in that mode, after its terminal is set up; better said before anything is started. */
function refuseAsRoot({ isRoot, env }: LaunchRequest): void {
  if (!isRoot || env["IS_SANDBOX"] === "1" || env["CLAUDE_CODE_BUBBLEWRAP"]) return;
  throw new HarnexError(
    "invalid",
    `claude refuses ${BYPASS_FLAG} as root; run as another user, set IS_SANDBOX=1 if this machine is a sandbox, or use --approvals ask`,
  );
}

/** Options of 2.1.197 that take all words after them, and those whose value may be left out. */
const GREEDY: ReadonlySet<string> = new Set([
  "--add-dir",
  "--allowedTools",
  "--allowed-tools",
  "--betas",
  "--disallowedTools",
  "--disallowed-tools",
  "--file",
  "--mcp-config",
  "--tools",
]);
const OPTIONAL: ReadonlySet<string> = new Set([
  "-d",
  "--debug",
  "--from-pr",
  "--prompt-suggestions",
  "--remote-control",
  "-r",
  "--resume",
  "-w",
  "--worktree",
]);

function swallowsNextWord(argv: readonly string[]): boolean {
  if (argv.includes("--")) return false;
  const at = argv.findLastIndex((word) => word.startsWith("-"));
  const option = argv[at] ?? "";
  return GREEDY.has(option) || (OPTIONAL.has(option) && at === argv.length - 1);
}

function fromScreen(screen: Screen): ScreenSignal {
  const dialog = readDialog(screen);
  if (dialog !== undefined) {
    const { kind, label, detail, choices } = dialog;
    return { kind: "blocked", on: kind, label, detail, choices };
  }
  const box = findInputBox(screen);
  if (box !== undefined) return readBox(screen, box);
  const tall = readTallDialog(screen);
  if (tall !== undefined) return { kind: "blocked", on: "choice", label: "confirmation", detail: tall };
  if (showsConnectionFailure(screen)) {
    return { kind: "blocked", on: "login", label: "login", detail: "Unable to connect to Anthropic services" };
  }
  if (showsSecurityNotes(screen)) {
    return { kind: "blocked", on: "choice", label: "onboarding", detail: "Security notes: Press Enter to continue" };
  }
  return { kind: "unclear", label: "unknown" };
}

function draft(screen: Screen): string | undefined {
  const box = findInputBox(screen);
  return box === undefined ? undefined : readDraft(screen, box);
}

/**
 * A leading blank disarms `!` (shell command) and `/` (slash command); 2.1.197 keeps it in the message. A trailing one
 * disarms the file picker that a final `@word` opens and the line break that a final `\` makes of Enter; it is trimmed.
 */
function keysFor(text: string): readonly Keystroke[] {
  const lead = /^(?:[^\S ]\s*)?[!/]/.test(text) ? " " : "";
  const tail = /(?:@\S*|\\)$/.test(text) ? " " : "";
  return [pasteOf(`${lead}${text}${tail}`)];
}

/** The first escape only leaves vim's insert mode, or closes the menu of a half-typed command. */
function keysToInterrupt(screen: Screen): readonly Keystroke[] {
  const escape: Keystroke = { kind: "key", key: "escape" };
  const box = findInputBox(screen);
  const twice = box !== undefined && (isVimInsert(screen, box) || readDraft(screen, box).startsWith("/"));
  return twice ? [escape, pause(STOP_PAUSE_MS), escape] : [escape];
}

function keysToStop(screen: Screen): readonly Keystroke[] {
  const box = findInputBox(screen);
  const typed = box === undefined ? undefined : readDraft(screen, box);
  // Outside the input box an Enter could say yes to a question, and in shell mode `/exit` is a command.
  if (box === undefined || typed === undefined || typed.startsWith("!")) {
    return [{ kind: "key", key: "escape" }, pause(LEAVE_PAUSE_MS), ...LEAVE];
  }
  // Pasted, because typed letters are commands in vim's normal mode, which looks like any other prompt.
  const exit: readonly Keystroke[] = [
    { kind: "paste", text: "/exit" },
    {
      kind: "see",
      words: "/exit",
      limitMs: ECHO_MS,
      reason: "an Enter that Claude Code 2.1.197 reads too early is lost",
    },
    pause(STOP_PAUSE_MS),
    { kind: "key", key: "enter" },
  ];
  // Ctrl-C empties the box; after an interrupt that may hold the interrupted message. While a turn runs the first
  // one interrupts it, which may put that message beside the draft, so nothing is typed there.
  if (typed === "") return exit;
  if (readBox(screen, box).kind === "working") return [...LEAVE, pause(LEAVE_PAUSE_MS), ...LEAVE];
  return [{ kind: "key", key: "ctrl-c" }, pause(LEAVE_PAUSE_MS), ...exit];
}

function pause(ms: number): Keystroke {
  return { kind: "pause", ms, reason: "Claude Code 2.1.197 must have drawn the effect of the last key" };
}

/** Ends it wherever it is, without an Enter. */
const LEAVE: readonly Keystroke[] = [
  { kind: "key", key: "ctrl-c" },
  pause(LEAVE_PAUSE_MS),
  { kind: "key", key: "ctrl-c" },
];

/** A digit picks an entry at once, whichever is marked; Enter would take the marked one, which is often "no". */
function keysToAnswer(screen: Screen, answer: ScreenAnswer): readonly Keystroke[] | undefined {
  const dialog = readDialog(screen);
  if (dialog === undefined) return undefined;
  const index = answer.kind === "choice" ? dialog.choices.indexOf(answer.label) : -1;
  const digit = answer.kind === "choice" ? index + 1 : dialog[answer.kind] ?? 0;
  if (digit < 1) return undefined;
  const pick: Keystroke = { kind: "text", text: `${digit}` };
  // Where several may be picked the digit only ticks; the right arrow goes on, at the end to a dialog of its own.
  return dialog.several ? [pick, pause(STOP_PAUSE_MS), { kind: "text", text: RIGHT_ARROW }] : [pick];
}

function usageFrom(transcriptTail: string): { agentSessionId?: string } {
  const match = [...transcriptTail.matchAll(/claude --resume ([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})/g)].at(-1);
  return match?.[1] === undefined ? {} : { agentSessionId: match[1] };
}
