/**
 * Reads a screen by a profile: first its dialogs, then its signs of work, then its prompt. A screen that shows none of
 * them is unclear. Pure.
 */

import type { TurnOutcome } from "../../model/signal.ts";
import type { ScreenSignal } from "../../transports/agent_process.ts";
import type { Screen } from "../../transports/terminal/screen.ts";
import { type Menu, readMenu } from "../menu.ts";
import type { Profile, ProfileDialog, Sign } from "./profile.ts";
import { ROW_LIMIT } from "./pattern.ts";

/** A dialog that the screen shows, with what it offers. */
export interface ShownDialog {
  dialog: ProfileDialog;
  detail: string;
  choices: readonly string[];
  /** the menu with the dialog's own mark in place of the usual one */
  menu?: Menu;
}

const MAX_DETAIL = 500;
/** Frames at the ends of a row. */
const LEFT_EDGE = /^(\s*)[│┃║|]/;
const RIGHT_EDGE = /[│┃║|]\s*$/;
const FRAME_ROW = /^[\s─━═▀▄╭╮╰╯┌┐└┘╹╻]*[─━═▀▄]{3}[\s─━═▀▄╭╮╰╯┌┐└┘╹╻]*$/;
/** Rows that count as the bottom of a screen, blank ones aside: they stand below every conversation. */
const BOTTOM_ROWS = 3;
/** Of a draft that is taller than this, the first rows are not read. */
const MAX_INPUT_ROWS = 20;
const FRAME_LINE = /[─━═╌▀▄╭╮╰╯┌┐└┘╹╻┃│]{2,}|[┃│║╭╮╰╯]/g;

/** The state that the screen shows by this profile. */
export function readByProfile(profile: Profile, screen: Screen): ScreenSignal {
  const shown = findDialog(profile, screen);
  if (shown !== undefined) {
    const { dialog, detail, choices } = shown;
    return {
      kind: "blocked",
      on: dialog.kind,
      label: labelOf(dialog),
      detail,
      ...(choices.length === 0 ? {} : { choices }),
    };
  }
  if (profile.busy.some((sign) => holds(sign, screen))) return { kind: "working", label: "session" };
  const takesPaste = screen.bracketedPaste || !profile.bracketed_paste;
  if (!takesPaste || !profile.prompt.some((sign) => holds(sign, screen))) return { kind: "unclear", label: "unknown" };
  const lastTurn = readEnding(profile, screen);
  return { kind: "ready", label: "prompt", ...(lastTurn === undefined ? {} : { lastTurn }) };
}

/** The name of the state in which the agent shows this dialog: the profile's own, else the dialog's kind. */
export function labelOf({ kind, label = kind }: ProfileDialog): string {
  return label;
}

/** The first dialog of the profile that the screen shows, with its choices; undefined when it shows none. */
export function findDialog(profile: Profile, screen: Screen): ShownDialog | undefined {
  for (const dialog of profile.dialogs) {
    if (!dialog.when.every((sign) => holds(sign, screen))) continue;
    const menu = dialog.menu === undefined ? undefined : findMenu(screen, dialog.menu.mark);
    // The words of a dialog without its menu are part of a conversation about it.
    if (dialog.menu !== undefined && menu === undefined) continue;
    const shown = dialog.choices?.filter(({ label }) => screen.text.some((row) => row.includes(label))) ?? [];
    const choices = menu?.choices ?? shown.map(({ label }) => label);
    const end = menu?.first ?? screen.text.findLastIndex((row) => choices.some((choice) => row.includes(choice)));
    return { dialog, detail: readDetail(dialog, screen, end), choices, ...(menu === undefined ? {} : { menu }) };
  }
  return undefined;
}

/** The typed text in the input box; undefined when no box is on the screen. */
export function readDraftBy(profile: Profile, screen: Screen): string | undefined {
  const { cursor, solid } = screen;
  if (profile.input === undefined) {
    const prompt = profile.prompt.find((sign) => sign.cursor !== undefined && holds(sign, screen))?.cursor;
    const start = prompt === undefined ? cursor.row : rowAtCursor(prompt, screen) ?? cursor.row;
    // Rows of a screen end without blanks, a prompt may end with some.
    const typed = solid.slice(start, cursor.row + 1).join("").padEnd(cursor.column);
    return (prompt === undefined ? typed : typed.replace(prompt, "")).trim();
  }
  const input = findInput(profile.input, screen);
  if (input === undefined) return undefined;
  const { row, from, until } = input;
  if (profile.placeholder?.test(rowOf(screen, row).slice(from, until))) return "";
  const more = solid.slice(row + 1, cursor.row + 1);
  return [(solid[row] ?? "").slice(from, until), ...more].map((part) => part.trim()).join("\n").trim();
}

/** The row where the cursor's box begins, and the columns of its typed text. */
function findInput(
  pattern: RegExp,
  screen: Screen,
): { row: number; from: number; until: number | undefined } | undefined {
  for (let row = screen.cursor.row; row >= Math.max(0, screen.cursor.row - MAX_INPUT_ROWS); row--) {
    const text = rowOf(screen, row);
    const match = pattern.exec(text);
    if (match !== null) {
      const [whole, typed] = match;
      const from = match.index + (typed === undefined ? whole.length : whole.lastIndexOf(typed));
      return { row, from, until: typed === undefined ? undefined : from + typed.length };
    }
    if (FRAME_ROW.test(text)) return undefined;
  }
  return undefined;
}

/** Whether the screen shows everything that the sign names. */
function holds({ cursor, screen: anywhere, bottom, title }: Sign, screen: Screen): boolean {
  if (title !== undefined && !title.test(screen.title.slice(0, ROW_LIMIT))) return false;
  const isOnOneOf = (rows: readonly number[], pattern: RegExp) => rows.some((row) => pattern.test(rowOf(screen, row)));
  if (anywhere !== undefined && !isOnOneOf([...screen.text.keys()], anywhere)) return false;
  if (bottom !== undefined && !isOnOneOf(bottomRows(screen), bottom)) return false;
  return cursor === undefined || rowAtCursor(cursor, screen) !== undefined;
}

function bottomRows({ text }: Screen): number[] {
  return text.flatMap((drawn, row) => drawn === "" ? [] : [row]).slice(-BOTTOM_ROWS);
}

/** The row that fits `pattern`: the cursor's, or one above it whose line may wrap into the cursor's row. */
function rowAtCursor(pattern: RegExp, screen: Screen): number | undefined {
  for (let row = screen.cursor.row; row >= 0; row--) {
    if (pattern.test(rowOf(screen, row))) return row;
    if (row === 0 || (screen.text[row - 1] ?? "").length < screen.columns - 1) return undefined;
  }
  return undefined;
}

/** The row as patterns see it: with the blanks up to the cursor, which belong to a prompt. */
function rowOf({ text, cursor }: Screen, row: number): string {
  const drawn = (text[row] ?? "").slice(0, ROW_LIMIT);
  return row === cursor.row ? drawn.padEnd(Math.min(cursor.column, ROW_LIMIT)) : drawn;
}

/** The numbered menu with this mark on one entry; frames around it do not count. */
function findMenu(screen: Screen, mark: string): Menu | undefined {
  const text = screen.text.map((row) => {
    const bare = row.replace(LEFT_EDGE, "$1 ").replace(RIGHT_EDGE, "").trimEnd();
    return bare.trimStart().startsWith(mark) ? bare.replace(mark, "❯") : bare.replace(/^(\s*)[❯›>]/, "$1 ");
  });
  const at = text.findLastIndex((row) => /^\s*❯\s*\d+\./.test(row));
  const menu = at < 0 ? undefined : readMenu({ ...screen, text }, at);
  return menu === undefined || menu.choices.length < 2 ? undefined : { ...menu, mark: menu.mark.replace("❯", mark) };
}

/** The text of the dialog above its choices, from its first row on; at least that row. */
function readDetail({ from, when }: ProfileDialog, screen: Screen, end: number): string {
  const asked = when.find((sign) => sign.screen !== undefined || sign.cursor !== undefined);
  const first = from ?? asked?.screen ?? asked?.cursor;
  const above = screen.text.slice(0, end < 0 ? undefined : end + 1);
  const start = first === undefined ? -1 : above.findLastIndex((_, row) => first.test(rowOf(screen, row)));
  const rows = above.slice(Math.max(0, start), end < 0 ? undefined : Math.max(end, start + 1));
  const text = rows.join(" ").replaceAll(FRAME_LINE, " ").replaceAll(/\s+/g, " ").trim();
  return text.length <= MAX_DETAIL ? text : `${text.slice(0, MAX_DETAIL)}…`;
}

/** How the last turn ended: the lowest row above the input box that fits an ending decides. */
function readEnding(
  { endings, input }: Profile,
  screen: Screen,
): { outcome: TurnOutcome; detail: string } | undefined {
  const box = input === undefined ? undefined : findInput(input, screen)?.row;
  for (let row = (box ?? screen.text.length) - 1; row >= 0; row--) {
    const text = rowOf(screen, row);
    const found = (["failed", "interrupted", "completed"] as const).find((outcome) =>
      endings[outcome].some((pattern) => pattern.test(text))
    );
    if (found === "completed") return undefined;
    if (found !== undefined) return { outcome: found, detail: text.trim() };
  }
  return undefined;
}
