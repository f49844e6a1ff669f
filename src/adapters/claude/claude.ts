/**
 * Claude Code in a terminal (recorded with 2.1.197 and 2.1.332): how to type to it, answer it and stop it. `args.ts` starts it,
 * `screen.ts` and `dialogs.ts` read its screen, `hooks.ts` reads what it reports about itself.
 */

import type {
  Keystroke,
  PtyBehaviour,
  ScreenAnswer,
  TurnPolicy,
  TypingPolicy,
} from "../../transports/agent_process.ts";
import type { Screen } from "../../transports/terminal/screen.ts";
import type { PtyAdapter } from "../adapter.ts";
import { planLaunch, settingsFile } from "./args.ts";
import { fromHook, sessionFile } from "./hooks.ts";
import { readDialog, readTallDialog, showsConnectionFailure, showsSecurityNotes } from "./dialogs.ts";
import { CLAUDE_LABELS, type ClaudeSignal, findInputBox, isVimInsert, readBox, readDraft } from "./screen.ts";
import { CLAUDE_TRIAL } from "./trial.ts";
import { usageFromTranscript } from "./usage.ts";
import { holds, NEWEST_SEEN, PASTE_LIMITS } from "./versions.ts";
import { pasteOf } from "../paste.ts";
import { MESSAGE_GIVEN_BACK, TYPING } from "../typing.ts";

/** Between a paste or key and the next one. 2.1.197 lost 1 of 7 Enters right after a paste and none from 20 ms on. */
const STOP_PAUSE_MS = 150;
/** On a machine with a load of 5 per core it took more than half a second to show what was typed. */
const ECHO_MS = 3000;
/** Between two Ctrl-C. This distance ended 2.1.197 in every try; shorter ones were not tried. */
const LEAVE_PAUSE_MS = 300;
const RIGHT_ARROW = "\x1b[C";

/**
 * Screen, measured with 2.1.197 against a mock, 50 to 200 columns, about 90 turns: work showed 17 to 120 ms after Enter
 * (up to 184 with both cores taken) for 28 ms at least; one turn of 20 that answered at once was over before its work
 * could be seen. No turn looked ready in its middle: not between tools, while streaming, retrying, or going on to a
 * queued message. With the first task in argv the prompt stood there 110 ms (350 when busy) before the turn began.
 */
const POLICY: TurnPolicy = {
  readySettleMs: 250,
  settleBy: "verdict",
  unseenWorkMs: 2_500,
  // `/clear` makes 2.1.197 busy for 90 ms, and no hook reports a turn.
  unexplainedWorkMs: 500,
  /**
   * Hooks and session file, measured with 2.1.197. The file does not change for a turn of 40 ms, and it is later than
   * the hooks. No hook reports an interrupt or a rejected tool: Claude Code goes back to its prompt.
   */
  reports: {
    // The failure hook comes after the file's `idle`, and a busy machine draws late that the turn was not completed.
    fileSettleMs: 1_000,
    screenBehindMs: 5_000,
    // It is idle for 115 ms, 550 when busy, between the end of a background shell and the turn that this starts.
    wakeMs: 3_000,
    // The person's own hooks may run after harnex's.
    endingMs: 2_000,
    unreportedEndMs: 5_000,
    // On a busy machine the work of `/clear` lasts for longer than `unexplainedWorkMs`.
    clearingMs: 1_000,
    questionShowsMs: 1_000,
    decisionMs: 500,
    // It shows a permission dialog for a moment although its hook has answered.
    answeredMs: 2_000,
  },
};

/** 2.1.197 loses an Enter that follows a paste at once, or that comes before the text is drawn. */
const CLAUDE_TYPING: TypingPolicy = { ...TYPING, beforeEnterMs: 100, echoStartMs: ECHO_MS };

export const claude: PtyAdapter = {
  name: "claude",
  labels: CLAUDE_LABELS,
  transport: "pty",
  probe: {
    argv: ["claude", "--version"],
    minVersion: "2.0.0",
    testedUpTo: NEWEST_SEEN,
    requiredByDefault: false,
    package: "@anthropic-ai/claude-code",
    install: "npm install -g @anthropic-ai/claude-code",
  },
  trial: CLAUDE_TRIAL,
  plan: planLaunch,
  settingsFile,
  behaviour: {
    policy: POLICY,
    graces: { askMs: 5000, termMs: 2000 },
    typing: { ...CLAUDE_TYPING, pasteLimits: PASTE_LIMITS },
    fromScreen,
    draft,
    keysFor: (text) => keysFor(text, "\\"),
    // An Enter on an empty box does nothing.
    inputBox: "certain",
    // 2.1.197 puts a message back there that was interrupted before any answer.
    returnedDraftMeans: MESSAGE_GIVEN_BACK,
    keysToClear: [{ kind: "key", key: "ctrl-c" }, pause(LEAVE_PAUSE_MS)],
    keysToInterrupt,
    keysToStop,
    keysToAnswer,
    fromHook,
    stateFile: sessionFile,
  } satisfies PtyBehaviour,
  forVersion: (version) => ({
    ...(holds("longPasteArrivesWhole", version) ? { typing: CLAUDE_TYPING } : {}),
    ...(holds("blankDisarmsSlash", version) ? { keysFor: (text: string) => keysFor(text, " ") } : {}),
  }),
  usageFrom,
  usageFromLog: usageFromTranscript,
};

function fromScreen(screen: Screen): ClaudeSignal {
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

/** `/word`, alone or before other text: a path has more slashes. */
const SLASH_COMMAND = /^\s*\/[^\s/]*(?:\s|$)/;

/**
 * A leading blank disarms `!` (shell command) and a path; the agent keeps it in the message. `slash` disarms a slash
 * command. A trailing blank disarms the file picker that a final `@word` opened in 2.1.197 and the line break that a
 * final `\` makes of Enter; it is trimmed.
 */
function keysFor(text: string, slash: " " | "\\"): readonly Keystroke[] {
  const lead = SLASH_COMMAND.test(text) ? slash : /^(?:[^\S ]\s*)?[!/]/.test(text) ? " " : "";
  const tail = /(?:@\S*|\\)$/.test(text) ? " " : "";
  return [pasteOf(`${lead}${text}${tail}`)];
}

/** In vim's insert mode, or over the menu of a half-typed command, the first escape only leaves these. */
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

/** Ends Claude Code on any screen, without an Enter. */
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
  // Where several entries may be picked, a digit only ticks one; the right arrow goes on, in the end to a last dialog.
  return dialog.several ? [pick, pause(STOP_PAUSE_MS), { kind: "text", text: RIGHT_ARROW }] : [pick];
}

function usageFrom(transcriptTail: string): { agentSessionId?: string } {
  const match = [...transcriptTail.matchAll(/claude --resume ([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})/g)].at(-1);
  return match?.[1] === undefined ? {} : { agentSessionId: match[1] };
}
