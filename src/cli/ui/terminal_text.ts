/**
 * Turns the terminal output of a program into text that is safe on another terminal, which then executes none of it.
 * Accepts the bytes in any pieces. Keeps letters, line ends and tabs, and colours if wanted.
 */

import { assertNever } from "../../model/never.ts";
import { visible } from "../../text/visible.ts";

/** `drop`: text alone · `keep`: text and colours (SGR), nothing that moves, asks or sets */
export type Colours = "drop" | "keep";

/** The maximum length of a sequence's parameters; a longer one is not a sequence. */
const MAX_SEQUENCE = 256;
/** Final letters of CSI that move to another row, or within a row. */
const TO_ROW = "ABEFHJLMSTdefu";
const TO_COLUMN = "CGI`a";
/** The start of a string that ends with ST: DCS, SOS, OSC, PM, APC; after ESC, and as one C1 character. */
const STRING_STARTS = "PX]^_\u0090\u0098\u009d\u009e\u009f";
/** Other ends of a string: BEL, ST as one character, CAN, SUB. */
const STRING_ENDS = "\x07\u009c\x18\x1a";

type Mode = "text" | "escape" | "sequence" | "string" | "string escape";

export interface TerminalText {
  /** The text of these bytes. An unfinished part is completed by the next bytes. */
  push(bytes: Uint8Array): string;
}

/** The state of the reading. */
interface Reading {
  readonly colours: Colours;
  mode: Mode;
  /** parameters of the sequence that is being read */
  sequence: string;
  out: string;
  atLineStart: boolean;
  /** a return ends a line, alone and before a line feed */
  afterReturn: boolean;
}

export function createTerminalText(colours: Colours): TerminalText {
  const decoder = new TextDecoder();
  /** the longest run of plain characters from one position */
  // deno-lint-ignore no-control-regex -- C0, DEL and C1 are what `isControl` finds
  const run = /[^\u0000-\u001f\u007f-\u009f]+/y;
  const reading: Reading = { colours, mode: "text", sequence: "", out: "", atLineStart: true, afterReturn: false };
  return {
    push(bytes) {
      reading.out = "";
      const text = decoder.decode(bytes, { stream: true });
      for (let at = 0; at < text.length;) {
        run.lastIndex = at;
        const words = reading.mode === "text" ? run.exec(text)?.[0] : undefined;
        const next = words ?? String.fromCodePoint(text.codePointAt(at) ?? 0);
        if (words !== undefined) print(reading, words);
        else take(reading, next);
        at += next.length;
      }
      return reading.out;
    },
  };
}

function print(reading: Reading, text: string): void {
  reading.out += visible(text);
  reading.atLineStart = false;
  reading.afterReturn = false;
}

function endLine(reading: Reading): void {
  reading.out += "\n";
  reading.atLineStart = true;
}

function begin(reading: Reading, mode: Mode): void {
  reading.mode = mode;
  reading.sequence = "";
}

function take(reading: Reading, character: string): void {
  switch (reading.mode) {
    case "text":
      return takeControl(reading, character);
    case "escape":
      return takeEscape(reading, character);
    case "sequence":
      return takeSequence(reading, character);
    case "string":
      return takeString(reading, character);
    case "string escape":
      if (character === "\\") reading.mode = "text";
      else {
        reading.mode = "escape";
        takeEscape(reading, character);
      }
      return;
    default:
      return assertNever(reading.mode);
  }
}

function takeControl(reading: Reading, character: string): void {
  const wasReturn = reading.afterReturn;
  reading.afterReturn = character === "\r";
  if (character === "\x1b") {
    reading.mode = "escape";
    reading.afterReturn = wasReturn;
  } else if (character === "\u009b") begin(reading, "sequence");
  else if (STRING_STARTS.includes(character) && character >= "\u0080") reading.mode = "string";
  else if (character === "\n") {
    if (!wasReturn || !reading.atLineStart) endLine(reading);
  } else if (character === "\r") {
    if (!reading.atLineStart) endLine(reading);
    else reading.afterReturn = wasReturn;
  } else if (character === "\t") {
    reading.out += "\t";
    reading.atLineStart = false;
  }
}

function takeEscape(reading: Reading, character: string): void {
  if (character === "[") begin(reading, "sequence");
  else if (STRING_STARTS.includes(character)) reading.mode = "string";
  // ESC, intermediate characters, one final character; usually two characters in total.
  else if (character >= " " && character <= "/") reading.mode = "escape";
  else {
    reading.mode = "text";
    if (isControl(character)) takeControl(reading, character);
  }
}

function takeSequence(reading: Reading, character: string): void {
  if (character >= "@" && character <= "~") {
    reading.mode = "text";
    finishSequence(reading, character);
  } else if (isControl(character)) {
    reading.mode = "text";
    takeControl(reading, character);
  } else if (reading.sequence.length < MAX_SEQUENCE) reading.sequence += character;
  else reading.mode = "text";
}

/** Replaces a sequence: by its colours, a line end, a blank, or nothing. */
function finishSequence(reading: Reading, final: string): void {
  if (final === "m") {
    const { colours, sequence } = reading;
    if (colours === "keep" && /^[0-9;:]*$/.test(sequence)) reading.out += `\x1b[${sequence}m`;
  } else if (TO_ROW.includes(final)) {
    if (!reading.atLineStart) endLine(reading);
  } else if (TO_COLUMN.includes(final) && !reading.atLineStart) reading.out += " ";
}

function takeString(reading: Reading, character: string): void {
  if (character === "\x1b") reading.mode = "string escape";
  else if (STRING_ENDS.includes(character)) reading.mode = "text";
  // A title has no line end: an unterminated string must not hide the rest of the output.
  else if (character === "\n") {
    reading.mode = "text";
    takeControl(reading, character);
  }
}

function isControl(character: string): boolean {
  return character < " " || (character >= "\x7f" && character <= "\u009f");
}
