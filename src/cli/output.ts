/**
 * Everything that harnex prints: results on stdout, words for people on stderr. Text from outside is neutralised
 * here, colours appear only where a person sees them, and a reader that has gone away ends the program quietly.
 */

import { messageOf } from "../model/errors.ts";
import { type Cell, type Column, layOut } from "./table.ts";
import { clip, visible } from "./visible.ts";

/** Writes all bytes; false when nobody reads any more. */
export type Sink = (bytes: Uint8Array) => boolean;

export interface OutputOptions {
  readonly sinks: { readonly stdout: Sink; readonly stderr: Sink };
  /** width of the terminal on stdout; undefined: as wide as need be */
  readonly columns: number | undefined;
  readonly stdoutIsTerminal: boolean;
  readonly stderrIsTerminal: boolean;
  readonly env: Readonly<Record<string, string | undefined>>;
}

export type Style = "bold" | "dim" | "red" | "green" | "yellow";

/** Text with a style; the style is dropped where colours are off. */
export interface Styled {
  readonly text: string;
  readonly style: Style;
}

export type Part = string | Styled;

/** stdout's reader has gone (`| head`): the command is to unwind, and the program ends with 0. */
export class OutputClosed extends Error {
  override readonly name = "OutputClosed";
}

export interface Output {
  /** One JSON value on one line of stdout. */
  json(value: unknown): void;
  /** One line on stdout; line breaks inside become visible. */
  line(...parts: readonly Part[]): void;
  /** harnex's own text, possibly of many lines, as it is. Never for text from outside. */
  block(text: string): void;
  /** Bytes as they are, such as a transcript that was asked for raw. */
  bytes(bytes: Uint8Array): void;
  /** One line on stderr. */
  note(...parts: readonly Part[]): void;
  /** A failure on stderr: `prefix: message`, and with `trace` its stack and causes. */
  error(failure: Failure): void;
  /** Rows on stdout under a heading, fitted to the terminal's width. */
  table(columns: readonly Column[], rows: readonly (readonly Cell[])[]): void;
}

export interface Failure {
  readonly prefix: string;
  readonly error: unknown;
  readonly trace: boolean;
}

const SGR: Readonly<Record<Style, number>> = { bold: 1, dim: 2, red: 31, green: 32, yellow: 33 };
/** An error is one line that a person reads; a tail of an agent's log may be part of it. */
const MAX_ERROR_CHARACTERS = 2000;
/** A chain of causes that is longer goes in circles. */
const MAX_CAUSES = 8;
/** Below this a table is not squeezed any further. */
const MIN_TABLE_WIDTH = 40;

export function createOutput(options: OutputOptions): Output {
  const encoder = new TextEncoder();
  const isColourful = !options.env.NO_COLOR && options.env.TERM !== "dumb";
  const paintStdout = painter(isColourful && options.stdoutIsTerminal ? "colours" : "plain");
  const paintStderr = painter(isColourful && options.stderrIsTerminal ? "colours" : "plain");

  function toStdout(bytes: Uint8Array): void {
    if (!options.sinks.stdout(bytes)) throw new OutputClosed("stdout is closed");
  }
  /** With stderr gone there is nobody left to tell. */
  function toStderr(text: string): void {
    options.sinks.stderr(encoder.encode(`${text}\n`));
  }
  const line = (...parts: readonly Part[]) => toStdout(encoder.encode(`${parts.map(paintStdout).join("")}\n`));

  function error(failure: Failure): void {
    toStderr(`${failure.prefix}: ${clip(visible(messageOf(failure.error)), MAX_ERROR_CHARACTERS)}`);
    for (const row of failure.trace ? traceOf(failure.error) : []) toStderr(visible(row));
  }

  function table(columns: readonly Column[], rows: readonly (readonly Cell[])[]): void {
    const width = options.columns === undefined ? Infinity : Math.max(options.columns, MIN_TABLE_WIDTH);
    for (const parts of layOut(columns, { rows, width })) line(...parts);
  }

  return {
    json: (value) => toStdout(encoder.encode(`${jsonLine(value)}\n`)),
    line,
    block: (text) => toStdout(encoder.encode(text.endsWith("\n") ? text : `${text}\n`)),
    bytes: toStdout,
    note: (...parts) => toStderr(parts.map(paintStderr).join("")),
    error,
    table,
  };
}

/** JSON on one line in which no terminal finds a control sequence: DEL, C1 and separators are escaped too. */
export function jsonLine(value: unknown): string {
  const json = JSON.stringify(value) ?? "null";
  return json.replaceAll(
    /[\u007f-\u009f\u2028\u2029]/g,
    (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, "0")}`,
  );
}

function painter(colours: "colours" | "plain"): (part: Part) => string {
  return (part) => {
    if (typeof part === "string") return visible(part);
    return colours === "colours" ? `\x1b[${SGR[part.style]}m${visible(part.text)}\x1b[0m` : visible(part.text);
  };
}

/** Where an error came from, and where each of its causes did. */
function traceOf(error: unknown): string[] {
  const rows: string[] = [];
  for (
    let current = error, depth = 0;
    current instanceof Error && depth < MAX_CAUSES;
    current = current.cause, depth++
  ) {
    if (depth > 0) rows.push(`caused by: ${current.name}: ${messageOf(current)}`);
    rows.push(...(current.stack ?? "").split("\n").filter((row) => /^\s+at /.test(row)));
  }
  return rows;
}
