/**
 * The Codex TUI in a terminal (`--legacy-pty`, recorded with 0.169): how to start it quietly, type to it, answer it and
 * stop it. `screen.ts` reads its screen.
 */

import type { Usage } from "../../model/usage.ts";
import type { Keystroke, ScreenAnswer, TurnPolicy } from "../../transports/agent_process.ts";
import type { Screen } from "../../transports/terminal/screen.ts";
import type { LaunchPlan, LaunchRequest, PtyAdapter } from "../adapter.ts";
import { CODEX_PROBE } from "./codex.ts";
import { directoryOf } from "./options.ts";
import { ownPermissions, refuseContradiction, tuiOrder } from "./permissions.ts";
import { readDialog, readDraft, readScreen, REPORT_OSC, TUI_LABELS } from "./screen.ts";
import { pasteOf } from "../paste.ts";
import { MESSAGE_GIVEN_BACK, TYPING } from "../typing.ts";

const BYPASS_FLAG = "--dangerously-bypass-approvals-and-sandbox";
/** Codex 0.169 takes a burst of keys that ends in Enter for a paste; 300 ms between them were enough in every try. */
const BURST_PAUSE_MS = 300;
/** How long an interrupted turn takes to give the composer back. */
const INTERRUPT_PAUSE_MS = 600;
/** How long Codex may take to draw typed text. */
const ECHO_MS = 3000;
/** How long Codex takes to draw the effect of one key. */
const KEY_PAUSE_MS = 100;

/**
 * Without the background server (it would outlive the session), plugin sync, update check and usage data. A setting
 * by `-c` also keeps 0.169 from starting that server.
 */
const QUIET = [
  "--no-alt-screen",
  "--no-daemon",
  "--disable",
  "plugins",
  "-c",
  "analytics.enabled=false",
  "-c",
  "check_for_update_on_startup=false",
];

/**
 * The permissions for `approvals`. They are always set: in a folder that is not trusted, 0.169 would refuse what needs
 * approval without asking, and `config.toml` may name a model that answers. Throws HarnexError("invalid") where the
 * person's own words contradict them.
 */
function permissionWords({ approvals, args }: LaunchRequest): readonly string[] {
  const own = ownPermissions(args);
  refuseContradiction(approvals, own, "to_the_screen");
  if (approvals === "auto") return Object.keys(own).length === 0 ? [BYPASS_FLAG] : [];
  const { sandboxMode, approvalPolicy, reviewer } = tuiOrder(approvals, own);
  return [
    ...(sandboxMode === undefined ? [] : ["-c", `sandbox_mode=${sandboxMode}`]),
    ...(approvalPolicy === undefined ? [] : ["-c", `approval_policy=${approvalPolicy}`]),
    ...(reviewer === undefined ? [] : ["-c", `approvals_reviewer=${reviewer}`]),
  ];
}

function plan(request: LaunchRequest): LaunchPlan {
  const { args, trust, cwd, model, effort, context } = request;
  const argv = [
    "codex",
    ...permissionWords(request),
    ...QUIET,
    // 0.169 does not understand the dotted spelling of this setting.
    ...(trust ? ["-c", `projects={${JSON.stringify(cwd)}={trust_level="trusted"}}`] : []),
    ...(model === undefined ? [] : ["-m", model]),
    ...(effort === undefined ? [] : ["-c", `model_reasoning_effort=${JSON.stringify(effort)}`]),
    ...args,
  ];
  if (context === undefined) return { argv, contextInArgv: false };
  // A subcommand such as `resume ID` takes the prompt after its own words; `--` keeps a leading dash harmless.
  return { argv: [...argv, ...(args.includes("--") ? [] : ["--"]), context], contextInArgv: true };
}

function pause(ms: number, reason: string): Keystroke {
  return { kind: "pause", ms, reason };
}

/** A leading `/` or `!` would be a command of the TUI; a blank before it makes it text. */
function keysFor(text: string): readonly Keystroke[] {
  return [pasteOf(/^\s*[!/]/.test(text) ? ` ${text}` : text)];
}

const CTRL_C: Keystroke = { kind: "key", key: "ctrl-c" };

function keysToStop(screen: Screen): readonly Keystroke[] {
  const reason = "Codex 0.169 must have drawn the effect of the last key";
  // Over a dialog an Enter could say yes. Escape refuses a permission and ends its turn; Ctrl-C leaves the others.
  const dialog = readDialog(screen);
  if (dialog !== undefined) {
    const refuse: readonly Keystroke[] = dialog.on === "permission"
      ? [{ kind: "key", key: "escape" }, pause(INTERRUPT_PAUSE_MS, reason)]
      : [];
    return [...refuse, CTRL_C, pause(BURST_PAUSE_MS, reason), CTRL_C];
  }
  const draft = readDraft(screen);
  // Without a composer the screen may show part of a question.
  if (draft === undefined) return [CTRL_C, pause(BURST_PAUSE_MS, reason), CTRL_C];
  const clear = draft === "" ? [] : [CTRL_C, pause(KEY_PAUSE_MS, reason)];
  const burst = pause(BURST_PAUSE_MS, "Codex 0.169 takes keys that end in Enter for a paste when they come in a burst");
  const echoed: Keystroke = {
    kind: "see",
    words: "/quit",
    limitMs: ECHO_MS,
    reason: "on a busy machine the composer shows late what was typed, and an Enter before that does nothing",
  };
  return [...clear, { kind: "text", text: "/quit" }, echoed, burst, { kind: "key", key: "enter" }];
}

/** Moves the mark to the choice and presses Enter. Some labels name a key of their own, but not all do. */
function keysToAnswer(screen: Screen, answer: ScreenAnswer): readonly Keystroke[] | undefined {
  const dialog = readDialog(screen);
  if (dialog === undefined) return undefined;
  const { choices, selected } = dialog.menu;
  const wanted = answer.kind === "choice"
    ? choices.indexOf(answer.label)
    : choices.findIndex((choice) =>
      answer.kind === "approve" ? /^(?:Yes|Trust)\b/.test(choice) : /^(?:No|Continue without|Back to)\b/.test(choice)
    );
  if (wanted < 0) return undefined;
  const step: Keystroke = { kind: "key", key: wanted < selected ? "up" : "down" };
  const drawn = pause(KEY_PAUSE_MS, "Codex 0.169 must have moved the mark");
  const moves = Array.from({ length: Math.abs(wanted - selected) }, () => [step, drawn]).flat();
  return [...moves, { kind: "key", key: "enter" }];
}

const UUID = "[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}";

/** Reads what 0.169 prints at its end: `Token usage: total=… input=… (+ … cached) output=… (reasoning …)`. */
function usageFrom(transcriptTail: string): { usage?: Usage; agentSessionId?: string } {
  const line = transcriptTail.lastIndexOf("Token usage:");
  const counts = line < 0 ? "" : transcriptTail.slice(line).split("\n", 1)[0] ?? "";
  const count = (pattern: RegExp) => {
    const digits = pattern.exec(counts)?.[1]?.replaceAll(",", "");
    return digits === undefined ? null : Number(digits);
  };
  const session = [...transcriptTail.matchAll(new RegExp(`(?:codex resume|Session ID:) (${UUID})`, "g"))].at(-1)?.[1];
  const usage: Usage = {
    inputTokens: count(/input=([\d,]+)/),
    outputTokens: count(/output=([\d,]+)/),
    reasoningTokens: count(/reasoning ([\d,]+)/),
    cachedTokens: count(/\+ ([\d,]+) cached/),
    totalTokens: count(/total=([\d,]+)/),
  };
  return { ...(counts === "" ? {} : { usage }), ...(session === undefined ? {} : { agentSessionId: session }) };
}

/**
 * The report (OSC 7501) is exact; only the flicker of a start has to settle: 0.169 reports idle, working, idle within
 * 300 ms.
 */
const POLICY: TurnPolicy = { readySettleMs: 400, settleBy: "verdict", unseenWorkMs: 2_500, unexplainedWorkMs: 500 };

export const codexTui: PtyAdapter = {
  name: "codex",
  labels: TUI_LABELS,
  transport: "pty",
  probe: CODEX_PROBE,
  plan,
  directory: directoryOf,
  behaviour: {
    policy: POLICY,
    // Without a network 0.169 takes up to 5 s to exit, and prints its tokens at the end of that.
    graces: { askMs: 8000, termMs: 2000 },
    typing: TYPING,
    fromScreen: readScreen,
    reportOsc: REPORT_OSC,
    draft: readDraft,
    keysFor,
    // An Enter on an empty composer does nothing.
    inputBox: "certain",
    returnedDraftMeans: MESSAGE_GIVEN_BACK,
    keysToClear: [CTRL_C, pause(BURST_PAUSE_MS, "Codex 0.169 must have drawn the effect of the last key")],
    keysToInterrupt: () => [{ kind: "key", key: "escape" }],
    keysToStop,
    keysToAnswer,
  },
  usageFrom,
};
