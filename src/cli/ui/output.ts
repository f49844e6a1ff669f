/**
 * All output of harnex: results on stdout, messages for the user on stderr. Text from outside is neutralised here.
 * Colours appear only on a terminal. If the reader of stdout closes the pipe, the program ends without an error.
 */

import { messageOf } from "../../model/errors.ts";
import { clip, jsonLine, visible } from "../../text/visible.ts";
import { painter, type Part } from "./paint.ts";
import { type Cell, type Column, cutToWidth, layOut } from "./table.ts";
import { createTerminalText } from "./terminal_text.ts";

/** Writes all bytes; false when the reader has closed the stream. */
export type Sink = (bytes: Uint8Array) => boolean;

export interface OutputOptions {
  readonly sinks: { readonly stdout: Sink; readonly stderr: Sink };
  /** width of the terminal, if known */
  readonly columns: number | undefined;
  readonly stdoutIsTerminal: boolean;
  readonly stderrIsTerminal: boolean;
  readonly env: Readonly<Record<string, string | undefined>>;
}

/** The reader of stdout has closed it (`| head`): the command unwinds, and the program ends with 0. */
export class OutputClosed extends Error {
  override readonly name = "OutputClosed";
}

export interface Output {
  /** Whether stdout is a terminal. For a program nothing is shortened, and times are exact. */
  readonly isTerminal: boolean;
  /** Whether stderr can show a line that is removed later. */
  readonly hasStatusLine: boolean;
  /** One JSON value on one line of stdout. */
  json(value: unknown): void;
  /** One line on stdout; line breaks inside become visible. */
  line(...parts: readonly Part[]): void;
  /** harnex's own text, of any number of lines, unchanged. Never for text from outside. */
  block(text: string): void;
  /**
   * Prints an agent's output in pieces: unchanged in a pipe, as plain text on a terminal, which would execute its
   * escape sequences. With `raw` it is unchanged on a terminal, too.
   */
  transcript(how: "safe" | "raw"): (bytes: Uint8Array) => void;
  /** Rows of a screen with their colours and no other escape sequence. */
  coloured(rows: readonly string[]): void;
  /** Shows one line on stderr until the next line or other output; "" removes it. */
  statusLine(text: string): void;
  /** One line on stderr. */
  note(...parts: readonly Part[]): void;
  /** A failure on stderr: `prefix: message`, and with `trace` its stack and causes. */
  error(failure: Failure): void;
  /** Rows on stdout under a heading, within the terminal's width; in a pipe the width is not limited. */
  table(columns: readonly Column[], rows: readonly (readonly Cell[])[]): void;
}

export interface Failure {
  readonly prefix: string;
  readonly error: unknown;
  readonly trace: boolean;
}

/** An error is one line, even if it quotes the end of a log. */
const MAX_ERROR_CHARACTERS = 2000;
/** A longer chain of causes is circular. */
const MAX_CAUSES = 8;
/** A table is not made narrower than this. */
const MIN_TABLE_WIDTH = 20;
/** For a terminal of unknown width. */
const USUAL_WIDTH = 80;
/** Go to the first column and erase the line. */
const ERASE_LINE = "\r\x1b[K";
const RESET = "\x1b[0m";

export function createOutput(options: OutputOptions): Output {
  const encoder = new TextEncoder();
  const isDumb = options.env.TERM === "dumb";
  const isColourful = !options.env.NO_COLOR && !isDumb;
  const paintStdout = painter(isColourful && options.stdoutIsTerminal ? "colours" : "plain");
  const paintStderr = painter(isColourful && options.stderrIsTerminal ? "colours" : "plain");
  const status = createStatusLine(options.stderrIsTerminal && !isDumb ? options : undefined);

  function toStdout(bytes: Uint8Array): void {
    status.show("");
    if (!options.sinks.stdout(bytes)) throw new OutputClosed("stdout is closed");
  }
  /** A closed stderr is ignored: there is no other place to report it. */
  function toStderr(text: string): void {
    status.show("");
    options.sinks.stderr(encoder.encode(`${text}\n`));
  }
  const line = (...parts: readonly Part[]) => toStdout(encoder.encode(`${parts.map(paintStdout).join("")}\n`));

  return {
    isTerminal: options.stdoutIsTerminal,
    hasStatusLine: status.isShown,
    json: (value) => toStdout(encoder.encode(`${jsonLine(value)}\n`)),
    line,
    block: (text) => toStdout(encoder.encode(text.endsWith("\n") ? text : `${text}\n`)),
    transcript(how) {
      if (how === "raw" || !options.stdoutIsTerminal) return toStdout;
      const text = createTerminalText("drop");
      return (bytes) => toStdout(encoder.encode(text.push(bytes)));
    },
    coloured: (rows) => toStdout(encoder.encode(`${coloursOnly(rows)}\n`)),
    statusLine: status.show,
    note: (...parts) => toStderr(parts.map(paintStderr).join("")),
    error: (failure) => rowsOf(failure, paintStderr).forEach(toStderr),
    table(columns, rows) {
      const width = options.stdoutIsTerminal ? Math.max(options.columns ?? USUAL_WIDTH, MIN_TABLE_WIDTH) : Infinity;
      for (const parts of layOut(columns, { rows, width })) line(...parts);
    },
  };
}

/** A line on stderr that can be removed; without a suitable terminal it does nothing. */
function createStatusLine(
  terminal: Pick<OutputOptions, "sinks" | "columns"> | undefined,
): { isShown: boolean; show: (text: string) => void } {
  const encoder = new TextEncoder();
  let hasLine = false;
  return {
    isShown: terminal !== undefined,
    show(text) {
      if (terminal === undefined || (text === "" && !hasLine)) return;
      // One column is kept free: a full line would wrap.
      const width = (terminal.columns ?? USUAL_WIDTH) - 1;
      const line = cutToWidth(visible(text), { width, cut: "end" });
      hasLine = line !== "";
      terminal.sinks.stderr(encoder.encode(`${ERASE_LINE}${line}`));
    },
  };
}

/** Rows of a screen as text and colours, with the colours off at the end. */
function coloursOnly(rows: readonly string[]): string {
  const text = createTerminalText("keep").push(new TextEncoder().encode(rows.join("\n")));
  return !text.includes("\x1b") || text.endsWith(RESET) ? text : text + RESET;
}

/** A failure as rows of stderr. */
function rowsOf({ prefix, error, trace }: Failure, paint: (part: Part) => string): string[] {
  const message = clip(visible(messageOf(error)), MAX_ERROR_CHARACTERS);
  const first = `${paint({ text: `${prefix}:`, style: "red" })} ${message}`;
  return [first, ...trace ? traceOf(error).map(visible) : []];
}

/** The stack of an error and of each of its causes. */
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
