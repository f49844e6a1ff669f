/**
 * Reads the input box of Claude Code (2.1.197), its footer and its status line. Pure. Everything is anchored at the
 * bottom of the screen, at rules that only Claude Code itself draws from edge to edge, so that text in the conversation
 * cannot pass for them. `dialogs.ts` reads what takes the box's place.
 */

import type { TurnOutcome } from "../../model/signal.ts";
import type { Screen } from "../../transports/terminal/screen.ts";
import type { LabelledSignal } from "../adapter.ts";

/** Names of states that this adapter gives besides the common ones. */
export const CLAUDE_LABELS = [
  "vim-normal",
  "permission",
  "question",
  "confirmation",
  "workspace-trust-prompt",
  "api-key-prompt",
  "bypass-warning",
  "login",
  "onboarding",
] as const;

export type ClaudeLabel = (typeof CLAUDE_LABELS)[number];
export type ClaudeSignal = LabelledSignal<ClaudeLabel>;

/** The rows between the two rules at the bottom of the screen; both numbers are the rows of the rules. */
export interface InputBox {
  top: number;
  bottom: number;
}

/** `❯`, or `!` while the box holds a shell command; Claude puts a no-break space after it. */
const BOX_GLYPH = /^[❯!](?:\s|$)/;
/** `✻ Brewing… (3s · ↓ 19 tokens)`: glyph and verb keep changing, so only the shape counts. */
const SPINNER = /^[^\s●❯⎿※] [^…]{1,100}…(?: \(|$)/;
/** `✻ Brewed for 3s`, below the last answer. */
const FINISHED = /^[^\s●❯⎿※] \S+ for \d/;
const API_ERROR = /^● (?:Please run \/login · )?API Error: /;
const INTERRUPTED =
  /⎿ (?:Interrupted · What should Claude do instead\?$|User rejected )|^● User declined to answer questions /;
/** In the footer: shells in the background. */
const BACKGROUND = /(?:^|· )\d+ shells?(?: ·|$)/;
const RETRYING = /Retrying in \d+s · attempt \d+\/\d+/;
/** A session with a name (`claude -n name`, `/rename`) has it in the rule above the box, near the right end. */
const RULE = /^─{2,}(?: \S.* ─{2,})?$/;
const MAX_DETAIL = 500;

/** The input box, when it has the cursor; undefined when there is none, or when the agent has left it behind. */
export function findInputBox(screen: Screen): InputBox | undefined {
  const bottom = findRuleAbove(screen, screen.rows);
  const top = bottom === undefined ? undefined : findRuleAbove(screen, bottom);
  if (top === undefined || bottom === undefined) return undefined;
  if (!BOX_GLYPH.test(screen.text[top + 1] ?? "")) return undefined;
  // When Claude Code exits, the box stays on the screen and the cursor goes below it.
  return screen.cursor.row > top && screen.cursor.row < bottom ? { top, bottom } : undefined;
}

/**
 * The typed text in the box, without placeholders and suggestions. Wrapped rows are joined by a newline. In shell mode
 * the `!` counts: someone has typed it.
 */
export function readDraft(screen: Screen, { top, bottom }: InputBox): string {
  const rows: string[] = [];
  for (let row = top + 1; row < bottom; row++) {
    const solid = screen.solid[row] ?? "";
    // Suggested text is faint, but its first character stands under the cursor that Claude Code draws itself.
    const suggested = solid.length < (screen.text[row] ?? "").length;
    const typed = suggested ? solid.slice(0, -1) : solid;
    rows.push((row === top + 1 ? typed.replace(/^❯/, "") : typed).trim());
  }
  return rows.join("\n").trim();
}

/** The state that the box and the rows around it show. */
export function readBox(screen: Screen, box: InputBox): ClaudeSignal {
  const footer = flatten(screen.text.slice(box.bottom + 1));
  if (footer.includes("esc to interrupt") || statusShowsWork(screen, box)) return { kind: "working", label: "session" };
  if (footer.includes("Not logged in")) {
    return { kind: "blocked", on: "login", label: "login", detail: "Not logged in · Run /login" };
  }
  // In shell mode a message would run as a command.
  if (screen.text[box.top + 1]?.startsWith("!")) return { kind: "unclear", label: "unknown" };
  if (BACKGROUND.test(footer)) return { kind: "working", label: "session", background: true };
  const lastTurn = readDraft(screen, box) === "" ? readLastTurn(screen.text.slice(0, box.top)) : undefined;
  const label = footer.includes("-- NORMAL --") ? "vim-normal" : "prompt";
  return { kind: "ready", label, ...(lastTurn === undefined ? {} : { lastTurn }) };
}

/**
 * How the last turn ended, where Claude Code shows that it was not completed: in the last words above the box, but for
 * the status line. A model that ends its answer in the words of an API error passes for one.
 */
function readLastTurn(rows: readonly string[]): { outcome: TurnOutcome; detail: string } | undefined {
  const end = rows.findLastIndex((row) => row !== "" && !FINISHED.test(row)) + 1;
  const from = rows.slice(0, end).findLastIndex((row) => /^[●❯]/.test(row));
  const last = flatten(rows.slice(Math.max(0, from), end));
  if (from < 0 || last.startsWith("❯")) return undefined;
  if (API_ERROR.test(last)) return { outcome: "failed", detail: shorten(last.slice(2)) };
  if (INTERRUPTED.test(last)) return { outcome: "interrupted", detail: "interrupted" };
  return undefined;
}

/** Whether vim's insert mode is on. The footer shows that until something is typed. */
export function isVimInsert(screen: Screen, { bottom }: InputBox): boolean {
  return flatten(screen.text.slice(bottom + 1)).includes("-- INSERT --");
}

/**
 * Whether the status line shows work. It is the lowest row above the box that begins in column 0; tips, tasks and
 * queued messages below it are indented. While a draft hides the footer it is the only sign of work.
 */
function statusShowsWork(screen: Screen, { top }: InputBox): boolean {
  const status = screen.text.slice(0, top).findLast((row) => /^\S/.test(row)) ?? "";
  return SPINNER.test(status) || (!/^[●❯]/.test(status) && RETRYING.test(status));
}

/** The nearest rule from edge to edge above `row`, as a row number. */
export function findRuleAbove(screen: Screen, row: number): number | undefined {
  // A label with wide characters makes the row shorter in characters than in cells.
  const found = screen.text.slice(0, row).findLastIndex((text) => text.length > screen.columns / 2 && RULE.test(text));
  return found < 0 ? undefined : found;
}

/** Rows as one line: blanks squeezed, frame lines dropped. */
export function flatten(rows: readonly string[]): string {
  return rows.join(" ").replaceAll(/[─╌]{3,}/g, " ").replaceAll(/\s+/g, " ").trim();
}

/** Keeps both ends of a long text: the first says what it is about, the last asks. */
export function shorten(text: string): string {
  if (text.length <= MAX_DETAIL) return text;
  const half = MAX_DETAIL / 2;
  return `${text.slice(0, half)} … ${text.slice(-half)}`;
}
