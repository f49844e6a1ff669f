/** Lays rows out in columns within a width, by the columns that a terminal uses (wide characters, marks). Pure. */

import { eastAsianWidth } from "get-east-asian-width";
import { visible } from "../../text/visible.ts";
import type { Part } from "./paint.ts";

export interface Column {
  readonly title: string;
  readonly align?: "left" | "right";
  /** the end that is cut when the table is too wide; a column without it keeps its width as long as possible */
  readonly cut?: "start" | "end";
  /** left out if the table is still too wide, lowest number first */
  readonly leaveOut?: number;
}

export type Cell = Part;

interface Measured {
  readonly column: Column;
  readonly cells: readonly Cell[];
  width: number;
}

const GAP = "  ";
const ELLIPSIS = "…";
/** The minimum width of a cut column. */
const MIN_CUT_WIDTH = 8;
/** An emoji is two columns wide, even if its first character alone is not. */
const EMOJI = /\p{Emoji_Presentation}|\ufe0f/u;
const INVISIBLE = /^[\p{Mark}\p{Format}]+$/u;

/** One list of parts per line: the heading, a row of dashes, and the rows. No line is wider than `width`. */
export function layOut(
  columns: readonly Column[],
  options: { rows: readonly (readonly Cell[])[]; width: number },
): Part[][] {
  const measured = fit(columns.map((column, index) => measure(column, options.rows.map((row) => row[index] ?? ""))), {
    width: options.width,
  });
  const heading = lineOf(measured, ({ column }) => ({ text: column.title, style: "bold" }));
  const rule = lineOf(measured, ({ width }) => ({ text: "-".repeat(width), style: "dim" }));
  return [heading, rule, ...options.rows.map((_, index) => lineOf(measured, ({ cells }) => cells[index] ?? ""))];
}

/** The number of columns that a terminal uses for the text. */
export function displayWidth(text: string): number {
  if (/^[\x20-\x7e]*$/.test(text)) return text.length;
  return graphemes(text).reduce((sum, grapheme) => sum + graphemeWidth(grapheme), 0);
}

/** The text, shortened with `…` at one end to at most `width` columns. */
export function cutToWidth(text: string, options: { width: number; cut: "start" | "end" }): string {
  if (displayWidth(text) <= options.width) return text;
  const all = graphemes(text);
  if (options.cut === "start") all.reverse();
  const kept: string[] = [];
  let used = displayWidth(ELLIPSIS);
  for (const grapheme of all) {
    used += graphemeWidth(grapheme);
    if (used > options.width) break;
    kept.push(grapheme);
  }
  return options.cut === "start" ? ELLIPSIS + kept.reverse().join("") : kept.join("") + ELLIPSIS;
}

function measure(column: Column, raw: readonly Cell[]): Measured {
  const cells = raw.map((cell) => typeof cell === "string" ? visible(cell) : { ...cell, text: visible(cell.text) });
  return { column, cells, width: Math.max(displayWidth(column.title), ...cells.map((c) => displayWidth(textOf(c)))) };
}

/** Cuts columns that allow it, then leaves columns out, then cuts the widest columns. */
function fit(all: readonly Measured[], { width }: { width: number }): Measured[] {
  let kept = [...all];
  const floorOf = ({ column, width }: Measured) => column.cut === undefined ? width : Math.min(width, MIN_CUT_WIDTH);
  while (excessOf(kept.map(floorOf), width) > 0) {
    const ranks = kept.flatMap(({ column }) => column.leaveOut ?? []);
    if (ranks.length === 0) break;
    kept = kept.filter(({ column }) => column.leaveOut !== Math.min(...ranks));
  }
  squeeze(kept, { width, floorOf });
  squeeze(kept, { width, floorOf: () => displayWidth(ELLIPSIS) });
  return kept;
}

function squeeze(measured: readonly Measured[], to: { width: number; floorOf: (one: Measured) => number }): void {
  for (let excess = excessOf(measured.map(({ width }) => width), to.width); excess > 0; excess--) {
    const roomOf = (one: Measured) => one.width - to.floorOf(one);
    const [widest] = measured.toSorted((one, other) => roomOf(other) - roomOf(one));
    if (widest === undefined || roomOf(widest) <= 0) return;
    widest.width--;
  }
}

function excessOf(widths: readonly number[], width: number): number {
  return widths.reduce((sum, one) => sum + one, GAP.length * (widths.length - 1)) - width;
}

function lineOf(measured: readonly Measured[], cellOf: (one: Measured) => Cell): Part[] {
  const parts: Part[] = [];
  measured.forEach((one, index) => {
    const { column, width } = one;
    const cell = cellOf(one);
    const text = cutToWidth(textOf(cell), { width, cut: column.cut ?? "end" });
    const padding = " ".repeat(Math.max(0, width - displayWidth(text)));
    const isLast = index === measured.length - 1;
    if (index > 0) parts.push(GAP);
    if (column.align === "right") parts.push(padding);
    parts.push(typeof cell === "string" ? text : { text, style: cell.style });
    if (column.align !== "right" && !isLast) parts.push(padding);
  });
  return parts;
}

function textOf(cell: Cell): string {
  return typeof cell === "string" ? cell : cell.text;
}

function graphemes(text: string): string[] {
  return [...new Intl.Segmenter(undefined, { granularity: "grapheme" }).segment(text)].map((part) => part.segment);
}

function graphemeWidth(grapheme: string): number {
  if (INVISIBLE.test(grapheme)) return 0;
  return EMOJI.test(grapheme) ? 2 : eastAsianWidth(grapheme.codePointAt(0) ?? 0);
}
