/**
 * Reads the screen of Claude Code (2.1.197): input box, footer, status line, dialogs. Pure. Everything is anchored
 * at the bottom of the screen, at rules that only Claude Code itself draws from edge to edge, so that text in the
 * conversation cannot pass for a dialog.
 */

import type { BlockKind, TurnOutcome } from "../../model/signal.ts";
import { lastRow, type Screen } from "../../transports/terminal/screen.ts";
import type { LabelledSignal } from "../adapter.ts";
import { type Menu, readMenu } from "../menu.ts";

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

type ClaudeLabel = (typeof CLAUDE_LABELS)[number];
export type ClaudeSignal = LabelledSignal<ClaudeLabel>;

/** The rows between the two rules at the bottom of the screen; both numbers are the rows of the rules. */
export interface InputBox {
  top: number;
  bottom: number;
}

/** A dialog that waits for an answer, as read from the screen. */
export interface Dialog {
  kind: BlockKind;
  label: ClaudeLabel;
  detail: string;
  choices: readonly string[];
  /** more than one entry may be picked */
  several: boolean;
  /** the digits for yes and for no, where harnex knows the dialog */
  approve?: number;
  deny?: number;
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
/** A question that takes several answers marks its entries `[ ]` and `[✔]`. */
const CHECKBOX = /^\[.\] /;
/** After a label in the same row: the mark of the current value, and a description in a second column. */
const AFTER_LABEL = /(?: ✔)?(?: {2,}.*)?$/;
/** Below the last entry: its wrapped label or description, a rule, and the hint, which wraps at 50 columns. */
const MAX_HINT_ROWS = 8;
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

/**
 * The dialog at the bottom of the screen, if one waits there: a menu with the cursor on its marked entry, under a
 * rule, with no input box around it and next to nothing below. Only some dialogs say `Esc to cancel`.
 */
export function readDialog(screen: Screen): Dialog | undefined {
  const menu = readMenu(screen, screen.cursor.row);
  if (menu === undefined || menu.choices.length < 2 || findInputBox(screen) !== undefined) return undefined;
  const below = screen.text.slice(menu.last + 1);
  const hint = flatten(below);
  const ruleAbove = findRuleAbove(screen, menu.first);
  // A dialog that is taller than the screen has lost its rule, but it has the hint.
  if (ruleAbove === undefined && !hint.includes("Esc to cancel")) return readThemePicker(screen, menu);
  if (below.filter((row) => row !== "").length > MAX_HINT_ROWS) return undefined;
  const rule = ruleAbove ?? -1;
  const body = flatten(screen.text.slice(rule + 1, menu.first));
  const choices = menu.choices.map(labelOf);
  const several = menu.choices.some((choice) => CHECKBOX.test(choice));
  const question = flatten(lastParagraph(screen.text.slice(rule + 1, menu.first)));
  const found = KNOWN_DIALOGS.find((known) =>
    (known.body?.test(body) ?? true) && (known.question?.test(question) ?? true) && hint.includes(known.hint ?? "")
  );
  if (found === undefined) {
    return { kind: "choice", label: "confirmation", detail: shorten(body), choices, several };
  }
  const { kind, label, yes, no } = found;
  return {
    kind,
    label,
    detail: shorten(body),
    choices: label === "permission" ? joinedChoices(screen, menu) : choices,
    several,
    ...entryMatching(choices, { approve: yes, deny: no }),
  };
}

/**
 * The text of a dialog that is taller than the screen, so that question and marked entry have scrolled away; undefined
 * when there is none. The cursor, which belongs on that entry, stays in the first row, and the hint stands below.
 */
export function readTallDialog(screen: Screen): string | undefined {
  const hint = flatten(lastParagraph(screen.text));
  const { row, visible } = screen.cursor;
  if (row !== 0 || visible || !/^Enter to .*Esc to cancel$/.test(hint)) return undefined;
  return shorten(flatten(screen.text));
}

/** The very first start begins with a picture and this question, without a rule or a hint. */
function readThemePicker(screen: Screen, menu: Menu): Dialog | undefined {
  const above = flatten(screen.text.slice(0, menu.first));
  const at = above.indexOf("Choose the text style that looks best with your terminal");
  if (at < 0) return undefined;
  const choices = menu.choices.map(labelOf);
  return { kind: "choice", label: "onboarding", detail: above.slice(at), choices, several: false };
}

/** Whether the notes show that follow the choice of a theme and wait for Enter. */
export function showsSecurityNotes(screen: Screen): boolean {
  return screen.text[lastRow(screen)] === " Press Enter to continue…" && screen.text.includes(" Security notes:");
}

function labelOf(entry: string): string {
  return entry.replace(CHECKBOX, "").replace(AFTER_LABEL, "");
}

interface KnownDialog {
  kind: BlockKind;
  label: ClaudeLabel;
  /** fits all text above the menu, as one line */
  body?: RegExp;
  /** fits the last paragraph of that text */
  question?: RegExp;
  hint?: string;
  yes?: RegExp;
  no?: RegExp;
}

/**
 * The first match wins. The safe entry is not always the marked one, so the words decide. Questions of the model come
 * first: they may hold any text, but only they have the hint `Enter to select`.
 */
const KNOWN_DIALOGS: readonly KnownDialog[] = [
  { kind: "question", label: "question", hint: "Enter to select" },
  {
    kind: "trust",
    label: "workspace-trust-prompt",
    body: /^Accessing workspace:|Is this a project you created or one you trust\?/,
    hint: "Enter to confirm",
    yes: /^Yes, I trust/,
    no: /^No/,
  },
  {
    kind: "login",
    label: "api-key-prompt",
    body: /^Detected a custom API key|Do you want to use this API key\?$/,
    hint: "Enter to confirm",
    yes: /^Yes/,
    no: /^No/,
  },
  {
    kind: "trust",
    label: "bypass-warning",
    body: /^WARNING: Claude Code running in Bypass Permissions mode/,
    hint: "Enter to confirm",
    yes: /^Yes, I accept/,
    no: /^No/,
  },
  { kind: "permission", label: "permission", question: /^Do you want to .*\?$/, yes: /^Yes$/, no: /^No\b/ },
];

function entryMatching(
  choices: readonly string[],
  { approve, deny }: { approve: RegExp | undefined; deny: RegExp | undefined },
): { approve?: number; deny?: number } {
  const yes = approve === undefined ? -1 : choices.findIndex((choice) => approve.test(choice));
  const no = deny === undefined ? -1 : choices.findIndex((choice) => deny.test(choice));
  return { ...(yes < 0 ? {} : { approve: yes + 1 }), ...(no < 0 ? {} : { deny: no + 1 }) };
}

/** The rows after the last blank or dashed row; blank rows at the end do not count. */
function lastParagraph(rows: readonly string[]): readonly string[] {
  const end = rows.findLastIndex((row) => row !== "") + 1;
  const start = rows.slice(0, end).findLastIndex((row) => row === "" || row.startsWith("╌")) + 1;
  return rows.slice(start, end);
}

/** The labels with their wrapped rows, for menus without descriptions: those look the same as wrapped rows. */
function joinedChoices(screen: Screen, menu: Menu): string[] {
  const joined: string[] = [];
  let next = 0;
  for (let row = menu.first; row <= lastRow(screen); row++) {
    const text = (screen.text[row] ?? "").trim();
    if (text === "" && next === menu.choices.length) break;
    const label = menu.choices[next];
    if (label !== undefined && new RegExp(`${next + 1}\\.\\s*$`).test(text.slice(0, -label.length))) {
      joined.push(label);
      next++;
    } else if (text !== "") joined.push(`${joined.pop() ?? ""} ${text}`);
  }
  return joined;
}

/** Whether Claude Code 2.1.197 could not reach its service when it started; it exits with 1 right after. */
export function showsConnectionFailure(screen: Screen): boolean {
  return screen.text.some((row) => row === " Unable to connect to Anthropic services");
}

/** The nearest rule from edge to edge above `row`, as a row number. */
function findRuleAbove(screen: Screen, row: number): number | undefined {
  // A label with wide characters makes the row shorter in characters than in cells.
  const found = screen.text.slice(0, row).findLastIndex((text) => text.length > screen.columns / 2 && RULE.test(text));
  return found < 0 ? undefined : found;
}

/** Rows as one line: blanks squeezed, frame lines dropped. */
function flatten(rows: readonly string[]): string {
  return rows.join(" ").replaceAll(/[─╌]{3,}/g, " ").replaceAll(/\s+/g, " ").trim();
}

/** Keeps both ends of a long text: the first says what it is about, the last asks. */
function shorten(text: string): string {
  if (text.length <= MAX_DETAIL) return text;
  const half = MAX_DETAIL / 2;
  return `${text.slice(0, half)} … ${text.slice(-half)}`;
}
