/**
 * Claude Code in a terminal (recorded with 2.1.197): how to start it, type to it, answer it and stop it.
 * What its screen means is in `claude_screen.ts`.
 */

import { HarnexError } from "../model/errors.ts";
import type { Keystroke, PtyBehaviour, ScreenAnswer, ScreenSignal } from "../transports/agent_process.ts";
import type { Screen } from "../transports/screen.ts";
import type { LaunchPlan, LaunchRequest, PtyAdapter } from "./adapter.ts";
import { findInputBox, readBox, readDialog, readDraft, showsConnectionFailure } from "./claude_screen.ts";
import { pasteOf } from "./paste.ts";

const BYPASS_FLAG = "--dangerously-skip-permissions";
/** `/exit` opens a menu; Enter takes its first entry once that is drawn (20 ms were enough in every try). */
const STOP_PAUSE_MS = 150;
/** Two Ctrl-C 0.3 s apart end it; in one burst the second is sometimes taken for the first. */
const LEAVE_PAUSE_MS = 300;

export const claude: PtyAdapter = {
  name: "claude",
  transport: "pty",
  probe: { argv: ["claude", "--version"], minVersion: "2.0.0", testedUpTo: "2.1.197" },
  plan,
  behaviour: {
    policy: { readySettleMs: 250, settleBy: "verdict", unseenWorkMs: 2500 },
    graces: { askMs: 5000, termMs: 2000 },
    fromScreen,
    draft,
    keysFor,
    // An Enter on an empty box does nothing.
    inputBox: "certain",
    keysToInterrupt: () => [{ kind: "key", key: "escape" }],
    keysToStop,
    keysToAnswer,
  } satisfies PtyBehaviour,
  usageFrom,
};

function plan(request: LaunchRequest): LaunchPlan {
  const bypass = request.approvals === "auto";
  const args = request.args.filter((word) => word !== BYPASS_FLAG);
  refuseBypassAsRoot(request, bypass || asksForBypass(args));
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
function refuseBypassAsRoot({ isRoot, env }: LaunchRequest, bypass: boolean): void {
  if (!isRoot || !bypass || env["IS_SANDBOX"] === "1" || env["CLAUDE_CODE_BUBBLEWRAP"]) return;
  throw new HarnexError(
    "invalid",
    `claude refuses ${BYPASS_FLAG} as root; run as another user, set IS_SANDBOX=1 if this machine is a sandbox, or use --approvals ask`,
  );
}

/** Options of 2.1.197 that take all words after them, and those whose value may be left out. */
const GREEDY = new Set([
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
const OPTIONAL = new Set([
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
 * A leading blank disarms `!` (shell command) and `/` (slash command); 2.1.197 keeps it in the message. A trailing one
 * disarms the file picker that a final `@word` opens and the line break that a final `\` makes of Enter; it is trimmed.
 */
function keysFor(text: string): readonly Keystroke[] {
  const lead = /^[!/]/.test(text) ? " " : "";
  const tail = /(?:@\S*|\\)$/.test(text) ? " " : "";
  return [pasteOf(`${lead}${text}${tail}`)];
}

function keysToStop(screen: Screen): readonly Keystroke[] {
  const box = findInputBox(screen);
  // Outside the input box an Enter could say yes to a question.
  if (box === undefined) return [{ kind: "key", key: "escape" }, pause(LEAVE_PAUSE_MS), ...leave()];
  const clear: readonly Keystroke[] = readDraft(screen, box) === ""
    ? []
    : [{ kind: "key", key: "ctrl-c" }, pause(STOP_PAUSE_MS)];
  return [...clear, { kind: "text", text: "/exit" }, pause(STOP_PAUSE_MS), { kind: "key", key: "enter" }];
}

function leave(): readonly Keystroke[] {
  return [{ kind: "key", key: "ctrl-c" }, pause(LEAVE_PAUSE_MS), { kind: "key", key: "ctrl-c" }];
}

function pause(ms: number): Keystroke {
  return { kind: "pause", ms, reason: "Claude Code 2.1.197 must have drawn the effect of the last key" };
}

/** A digit picks an entry at once, whichever is marked; Enter would take the marked one, which is often "no". */
function keysToAnswer(screen: Screen, answer: ScreenAnswer): readonly Keystroke[] | undefined {
  const dialog = readDialog(screen);
  if (dialog === undefined) return undefined;
  const index = answer.kind === "choice" ? dialog.choices.indexOf(answer.label) : -1;
  const digit = answer.kind === "choice" ? index + 1 : dialog[answer.kind] ?? 0;
  return digit < 1 ? undefined : [{ kind: "text", text: `${digit}` }];
}

function usageFrom(transcriptTail: string): { agentSessionId?: string } {
  const match = [...transcriptTail.matchAll(/claude --resume ([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})/g)].at(-1);
  return match?.[1] === undefined ? {} : { agentSessionId: match[1] };
}
