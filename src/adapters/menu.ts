/**
 * Reads a numbered menu with a marked entry (`❯ 1. Yes`) from a screen. Pure; knows no agent.
 */

import type { Keystroke } from "../transports/agent_process.ts";
import type { Screen } from "../transports/terminal/screen.ts";

export interface Menu {
  /** labels of the entries 1 to n, without number and mark */
  readonly choices: readonly string[];
  /** index into `choices` of the marked entry */
  readonly selected: number;
  /** the mark of the marked entry, with the blanks after it */
  readonly mark: string;
  /** the drawn text of each entry, from its number on */
  readonly entries: readonly string[];
  /** rows of the first and last entry */
  readonly first: number;
  readonly last: number;
}

interface Entry {
  number: number;
  /** column of the number, the same for all entries of one menu */
  indent: number;
  label: string;
  marked: boolean;
}

/** Claude Code 2.1.197 drops the blank after the dot where a label wraps: `2.Yes, and don't ask again for`. */
const ENTRY = /^(\s*(?:[❯›>]\s*)?)(\d{1,2})\.(?:\s+|(?=[^\s\d]))(\S.*)$/;
const MARK = /^\s*[❯›>]/;
/** Rows of one entry: its label, wrapped or with a description. More rows belong to another text. */
const MAX_ROWS_PER_ENTRY = 8;

/**
 * The menu whose marked entry is on row `at`; undefined when that row is no marked entry or the entries around it
 * do not count 1, 2, 3… in one column.
 */
export function readMenu(screen: Screen, at: number): Menu | undefined {
  const marked = entryOn(screen, at);
  if (marked === undefined || !marked.marked) return undefined;
  const rows = new Map([[marked.number, at]]);
  const labels = new Map([[marked.number, marked.label]]);
  for (const step of [-1, 1] as const) {
    let number = marked.number;
    let row = at;
    for (;;) {
      const next = findEntry(screen, { from: row, step, number: number + step, indent: marked.indent });
      if (next === undefined) break;
      number += step;
      row = next.row;
      rows.set(number, row);
      labels.set(number, next.label);
    }
  }
  const count = labels.size;
  const choices: string[] = [];
  const entries: string[] = [];
  for (let number = 1; number <= count; number++) {
    const [label, row] = [labels.get(number), rows.get(number)];
    if (label === undefined || row === undefined) return undefined;
    choices.push(label);
    entries.push((screen.text[row] ?? "").replace(/^[\s❯›>]*/, ""));
  }
  const mark = /^\s*([❯›>]\s*)/.exec(screen.text[at] ?? "")?.[1] ?? "";
  const [first = at, last = at] = [rows.get(1), rows.get(count)];
  return { choices, selected: marked.number - 1, mark, entries, first, last };
}

/** How long a program may take to draw that its mark has moved. */
const MOVED_MS = 2_000;
const KEY_PAUSE_MS = 100;

/** Moves the mark to the entry `wanted` and presses Enter once the screen shows the mark there. `mark` as drawn. */
export function keysToMark(menu: Menu, wanted: number, mark: string): readonly Keystroke[] {
  const key: Keystroke = { kind: "key", key: wanted < menu.selected ? "up" : "down" };
  const drawn: Keystroke = { kind: "pause", ms: KEY_PAUSE_MS, reason: "the mark must have moved before it moves on" };
  const moves = Array.from({ length: Math.abs(wanted - menu.selected) }, () => [key, drawn]).flat();
  const reason = "Enter takes the marked entry, whichever that is";
  const words = `${mark}${menu.entries[wanted] ?? ""}`;
  return [
    ...moves,
    { kind: "see", words, limitMs: MOVED_MS, otherwise: "stop", reason },
    { kind: "key", key: "enter" },
  ];
}

function findEntry(
  screen: Screen,
  { from, step, number, indent }: { from: number; step: 1 | -1; number: number; indent: number },
): { row: number; label: string } | undefined {
  for (let distance = 1; distance <= MAX_ROWS_PER_ENTRY; distance++) {
    const row = from + step * distance;
    const entry = entryOn(screen, row);
    if (entry === undefined || entry.indent !== indent) continue;
    return entry.number === number && !entry.marked ? { row, label: entry.label } : undefined;
  }
  return undefined;
}

function entryOn(screen: Screen, row: number): Entry | undefined {
  const match = ENTRY.exec(screen.text[row] ?? "");
  if (match === null) return undefined;
  const [whole, lead = "", number = "", label = ""] = match;
  return { number: Number(number), indent: lead.length, label, marked: MARK.test(whole) };
}

/** Cancels an open question and then asks the program to exit, without an Enter, which could say yes. */
export function keysToTakeBack(pauseMs: number): readonly Keystroke[] {
  const drawn: Keystroke = { kind: "pause", ms: pauseMs, reason: "the effect of the last key must be drawn" };
  const interrupt: Keystroke = { kind: "key", key: "ctrl-c" };
  return [{ kind: "key", key: "escape" }, drawn, interrupt, drawn, interrupt];
}
