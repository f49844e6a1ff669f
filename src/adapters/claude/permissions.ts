/**
 * The permission modes of Claude Code (2.1.197, 2.1.332): which of them keeps the promise of `--approvals`, and what
 * the user's own words say about them. Pure.
 */

import { HarnexError } from "../../model/errors.ts";
import type { ApprovalPolicy } from "../../model/session.ts";
import { fieldsOf, textOf } from "../../text/json.ts";
import { holds } from "./versions.ts";

export const BYPASS_FLAG = "--dangerously-skip-permissions";
const ALLOW_BYPASS_FLAG = "--allow-dangerously-skip-permissions";
const MODE_FLAG = "--permission-mode";
/** The name of the manual mode that every version takes, and that hooks report. */
const MANUAL = "default";
/** Lets the classifier of auto mode decide in plan mode; true unless some settings say false. */
const AUTO_IN_PLAN = "useAutoModeDuringPlan";

/**
 * The modes in which no tool that needs a permission runs without an answer. `plan` asks only with `PROMISE_SETTINGS`;
 * `dontAsk` refuses instead of asking. `manual` is another name of `default`.
 */
const KEEPS: Readonly<Record<string, readonly ApprovalPolicy[]>> = {
  [MANUAL]: ["ask", "deny"],
  manual: ["ask", "deny"],
  plan: ["ask", "deny"],
  dontAsk: ["deny"],
};

/** Whether Claude Code keeps the promise of `approvals` in `mode`. A mode that harnex does not know keeps none. */
export function keepsPromise(mode: string, approvals: ApprovalPolicy): boolean {
  return approvals === "auto" || (Object.hasOwn(KEEPS, mode) && (KEEPS[mode]?.includes(approvals) ?? false));
}

/** Settings without which plan mode would not keep the promise of `--approvals ask` and `deny`. */
export function promiseSettings(
  approvals: ApprovalPolicy,
  version: string | undefined,
): Readonly<Record<string, unknown>> {
  return approvals === "auto" || holds("planModeAsks", version) ? {} : { [AUTO_IN_PLAN]: false };
}

/** What a user's own words say about permissions. */
interface Wish {
  /** as written */
  words: string;
  /** the mode in which Claude Code then starts; absent where the words only allow a mode */
  mode?: string;
  /** the promises of `--approvals` that hold all the same */
  fits: (approvals: ApprovalPolicy) => boolean;
}

/** How the session's permission mode is ordered. */
export interface ModeOrder {
  /** harnex's own flags; none where the user's words say the mode */
  flags: readonly string[];
  /** whether Claude Code starts in the mode that it refuses as root */
  bypasses: boolean;
}

/**
 * The flags that order the mode of `approvals`. Throws HarnexError("invalid") where the user's arguments or settings
 * order what breaks the promise of `ask` or `deny`.
 */
export function orderMode(
  approvals: ApprovalPolicy,
  { args, settings }: { args: readonly string[]; settings: Readonly<Record<string, unknown>> },
): ModeOrder {
  const wishes = [...wishesOf(args), ...wishesOfSettings(settings)];
  for (const { words, fits } of wishes) if (!fits(approvals)) refuse(words, approvals);
  const modes = wishes.flatMap(({ mode }) => mode ?? []);
  const bypasses = modes.includes("bypassPermissions");
  if (modes.length > 0) return { flags: [], bypasses };
  return approvals === "auto" ? { flags: [BYPASS_FLAG], bypasses: true } : { flags: [MODE_FLAG, MANUAL], bypasses };
}

function refuse(words: string, approvals: ApprovalPolicy): never {
  const promise = approvals === "ask" ? "no tool runs without an answer" : "no tool that needs a permission runs";
  throw new HarnexError(
    "invalid",
    `--approvals ${approvals} means that ${promise}, and ${words} breaks that; leave it out, or use --approvals auto`,
  );
}

/** What the arguments say, up to a `--`, after which only the prompt follows. */
function wishesOf(args: readonly string[]): Wish[] {
  const end = args.indexOf("--");
  const words = end < 0 ? args : args.slice(0, end);
  return words.flatMap((word, index): Wish[] => {
    const [flag = "", value] = splitOnce(word);
    if (flag === MODE_FLAG) {
      const mode = value ?? words[index + 1] ?? "";
      return [wishFor(value === undefined ? `${flag} ${mode}` : word, mode)];
    }
    if (flag === BYPASS_FLAG) return [wishFor(word, "bypassPermissions")];
    return flag === ALLOW_BYPASS_FLAG ? [{ words: word, fits: isAuto }] : [];
  });
}

function wishesOfSettings(settings: Readonly<Record<string, unknown>>): Wish[] {
  const mode = textOf(fieldsOf(settings["permissions"])["defaultMode"]);
  return [
    ...(mode === undefined ? [] : [wishFor(`"defaultMode": ${JSON.stringify(mode)} in --settings`, mode)]),
    ...(settings[AUTO_IN_PLAN] === true ? [{ words: `"${AUTO_IN_PLAN}": true in --settings`, fits: isAuto }] : []),
  ];
}

function wishFor(words: string, mode: string): Wish {
  return { words, mode, fits: (approvals) => keepsPromise(mode, approvals) };
}

function isAuto(approvals: ApprovalPolicy): boolean {
  return approvals === "auto";
}

function splitOnce(word: string): [string, string?] {
  const at = word.indexOf("=");
  return at < 0 ? [word] : [word.slice(0, at), word.slice(at + 1)];
}

/** What Claude Code works in, where it is not what was ordered; the words for the user. */
export function wrongMode(mode: string, approvals: ApprovalPolicy): string {
  return `Claude Code is in the permission mode "${mode}", but --approvals ${approvals} ordered "${MANUAL}"; ` +
    `attach and press shift+tab until it is in manual mode, then submit the prompt again, or stop the session`;
}
