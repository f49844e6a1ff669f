/**
 * Claude Code in a terminal (recorded with 2.1.197): how to start it, type to it, answer it and stop it.
 * What its screen means is in `claude_screen.ts`.
 */

import { HarnexError } from "../model/errors.ts";
import type { Keystroke, PtyBehaviour, ScreenAnswer, ScreenSignal } from "../transports/agent_process.ts";
import type { Screen } from "../transports/screen.ts";
import type { LaunchPlan, LaunchRequest, PtyAdapter } from "./adapter.ts";
import { findInputBox, isVimInsert, readBox, readDialog, readDraft, showsConnectionFailure } from "./claude_screen.ts";
import { pasteOf } from "./paste.ts";

const BYPASS_FLAG = "--dangerously-skip-permissions";
/** `/exit` opens a menu; Enter takes its first entry once that is drawn (20 ms were enough in every try). */
const STOP_PAUSE_MS = 150;
/** Two Ctrl-C 0.3 s apart end it; in one burst the second is sometimes taken for the first. */
const LEAVE_PAUSE_MS = 300;
const RIGHT_ARROW = "\x1b[C";

export const claude: PtyAdapter = {
  name: "claude",
  transport: "pty",
  probe: {
    argv: ["claude", "--version"],
    minVersion: "2.0.0",
    testedUpTo: "2.1.197",
    requiredByDefault: false,
    install: "npm install -g @anthropic-ai/claude-code",
  },
  plan,
  behaviour: {
    policy: { readySettleMs: 250, settleBy: "verdict", unseenWorkMs: 2500 },
    graces: { askMs: 5000, termMs: 2000 },
    fromScreen,
    draft,
    keysFor,
    // An Enter on an empty box does nothing.
    enterTwice: true,
    keysToInterrupt,
    keysToStop,
    keysToAnswer,
  } satisfies PtyBehaviour,
  usageFrom,
};

function plan(request: LaunchRequest): LaunchPlan {
  const bypass = request.approvals === "auto";
  const args = request.args.filter((word) => word !== BYPASS_FLAG);
  if (bypass || asksForBypass(args)) refuseAsRoot(request);
  const argv = ["claude", ...(bypass ? [BYPASS_FLAG] : []), ...args];
  if (request.model !== undefined) argv.push("--model", request.model);
  if (request.effort !== undefined) argv.push("--effort", request.effort);
  if (request.context === undefined) return { argv, contextInArgv: false };
  if (swallowsNextWord(argv)) argv.push("--");
  return { argv: [...argv, request.context], contextInArgv: true };
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
  if (showsConnectionFailure(screen)) {
    return { kind: "blocked", on: "login", label: "login", detail: "Unable to connect to Anthropic services" };
  }
  return { kind: "unclear", label: "unknown" };
}

function draft(screen: Screen): string | undefined {
  const box = findInputBox(screen);
  return box === undefined ? undefined : readDraft(screen, box);
}

/**
 * A leading blank disarms `!` (shell command) and `/` (slash command), a trailing one the file picker that a final
 * `@word` opens. 2.1.197 drops the trailing one from the message and keeps the leading one.
 */
function keysFor(text: string): readonly Keystroke[] {
  const lead = /^\s*[!/]/.test(text) ? " " : "";
  const tail = /@\S*$/.test(text) ? " " : "";
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
