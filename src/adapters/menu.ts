/**
 * Reads a numbered menu with a marked entry (`❯ 1. Yes`) from a screen. Pure; knows no agent.
 */

import type { Screen } from "../transports/screen.ts";

export interface Menu {
  /** labels of the entries 1 to n, without number and mark */
  readonly choices: readonly string[];
  /** index into `choices` of the marked entry */
  readonly selected: number;
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
/** An entry's own rows: its wrapped label, or its description. More than this is another text. */
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
  for (let number = 1; number <= count; number++) {
    const label = labels.get(number);
    if (label === undefined) return undefined;
    choices.push(label);
  }
  return { choices, selected: marked.number - 1, first: rows.get(1) ?? at, last: rows.get(count) ?? at };
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
