/** Lays rows out in columns that fit a width, counting what a terminal really shows (wide characters, marks). Pure. */

import type { Part, Style } from "./output.ts";
import { visible } from "./visible.ts";

export interface Column {
  readonly title: string;
  readonly align?: "left" | "right";
  /** which end goes when the table is too wide; a column without it keeps its width */
  readonly cut?: "start" | "end";
}

export type Cell = string | { readonly text: string; readonly style: Style };

const GAP = "  ";
/** A cut column keeps room for this much. */
const MIN_CUT_WIDTH = 8;
const WIDE =
  /\p{Emoji_Presentation}|\ufe0f|\p{Script=Han}|\p{Script=Hangul}|\p{Script=Hiragana}|\p{Script=Katakana}|[\u3000-\u303e\uff01-\uff60\uffe0-\uffe6]/u;
const INVISIBLE = /^[\p{Mark}\p{Format}]+$/u;

/** One list of parts a line, heading first. Widths that end up too small for the terminal are taken from the columns that may be cut. */
export function layOut(
  columns: readonly Column[],
  options: { rows: readonly (readonly Cell[])[]; width: number },
): Part[][] {
  const rows = options.rows.map((row) => columns.map((_, index) => safe(row[index] ?? "")));
  const widths = columns.map((column, index) =>
    Math.max(displayWidth(column.title), ...rows.map((row) => displayWidth(textOf(row[index] ?? ""))))
  );
  squeeze(widths, { columns, width: options.width });
  const heading: Cell[] = columns.map((column) => ({ text: column.title, style: "bold" }));
  return [heading, ...rows].map((row) => lineOf(row, { columns, widths }));
}

/** Columns that a terminal uses for the text. */
export function displayWidth(text: string): number {
  if (/^[\x20-\x7e]*$/.test(text)) return text.length;
  return graphemes(text).reduce((sum, grapheme) => sum + graphemeWidth(grapheme), 0);
}

/** The text, shortened with `..` at one end to at most `width` columns. */
export function cutToWidth(text: string, options: { width: number; cut: "start" | "end" }): string {
  if (displayWidth(text) <= options.width) return text;
  const all = graphemes(text);
  if (options.cut === "start") all.reverse();
  const kept: string[] = [];
  let used = 2;
  for (const grapheme of all) {
    used += graphemeWidth(grapheme);
    if (used > options.width) break;
    kept.push(grapheme);
  }
  return options.cut === "start" ? `..${kept.reverse().join("")}` : `${kept.join("")}..`;
}

function squeeze(widths: number[], options: { columns: readonly Column[]; width: number }): void {
  let excess = widths.reduce((sum, width) => sum + width, GAP.length * (widths.length - 1)) - options.width;
  while (excess > 0) {
    const widest = options.columns
      .map((column, index) => ({ index, room: column.cut === undefined ? 0 : (widths[index] ?? 0) - MIN_CUT_WIDTH }))
      .reduce((best, next) => next.room > best.room ? next : best, { index: -1, room: 0 });
    if (widest.room <= 0) return;
    widths[widest.index] = (widths[widest.index] ?? 0) - 1;
    excess--;
  }
}

function lineOf(row: readonly Cell[], layout: { columns: readonly Column[]; widths: readonly number[] }): Part[] {
  const parts: Part[] = [];
  layout.columns.forEach((column, index) => {
    const cell = row[index] ?? "";
    const width = layout.widths[index] ?? 0;
    const text = column.cut === undefined ? textOf(cell) : cutToWidth(textOf(cell), { width, cut: column.cut });
    const padding = " ".repeat(Math.max(0, width - displayWidth(text)));
    const isLast = index === layout.columns.length - 1;
    if (index > 0) parts.push(GAP);
    if (column.align === "right") parts.push(padding);
    parts.push(typeof cell === "string" ? text : { text, style: cell.style });
    if (column.align !== "right" && !isLast) parts.push(padding);
  });
  return parts;
}

function safe(cell: Cell): Cell {
  return typeof cell === "string" ? visible(cell) : { ...cell, text: visible(cell.text) };
}

function textOf(cell: Cell): string {
  return typeof cell === "string" ? cell : cell.text;
}

function graphemes(text: string): string[] {
  return [...new Intl.Segmenter(undefined, { granularity: "grapheme" }).segment(text)].map((part) => part.segment);
}

function graphemeWidth(grapheme: string): number {
  if (INVISIBLE.test(grapheme)) return 0;
  return WIDE.test(grapheme) ? 2 : 1;
}
