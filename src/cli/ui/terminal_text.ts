/**
 * What a program printed to its terminal, as text that is safe on another one: no byte of it is obeyed there. Takes
 * the bytes in any pieces. Keeps letters, line ends and tabs, and colours where they are wanted.
 */

import { visible } from "../../text/visible.ts";

/** `drop`: text alone · `keep`: text and colours (SGR), nothing that moves, asks or sets */
export type Colours = "drop" | "keep";

/** Parameters of one sequence; a longer one is none. */
const MAX_SEQUENCE = 256;
/** Final letters of CSI that go to another row, or to another place in it. */
const TO_ROW = "ABEFHJLMSTdefu";
const TO_COLUMN = "CGI`a";
/** What begins a string that ends with ST: DCS, SOS, OSC, PM, APC; after ESC, and as one C1 character. */
const STRING_STARTS = "PX]^_\u0090\u0098\u009d\u009e\u009f";

type Mode = "text" | "escape" | "sequence" | "string" | "string escape";

export interface TerminalText {
  /** The text that these bytes bring; what they leave unfinished comes with the next ones. */
  push(bytes: Uint8Array): string;
}

export function createTerminalText(colours: Colours): TerminalText {
  const decoder = new TextDecoder();
  /** as many characters as are mere text, from one place on */
  // deno-lint-ignore no-control-regex -- C0, DEL and C1 are what `isControl` tells of
  const run = /[^\u0000-\u001f\u007f-\u009f]+/y;
  let mode: Mode = "text";
  let sequence = "";
  let out = "";
  let atLineStart = true;
  /** A return is a line end, alone and before a line feed. */
  let afterReturn = false;

  function lineEnd(): void {
    out += "\n";
    atLineStart = true;
  }

  function print(text: string): void {
    out += visible(text);
    atLineStart = false;
    afterReturn = false;
  }

  function takeControl(character: string): void {
    const wasReturn = afterReturn;
    afterReturn = character === "\r";
    if (character === "\x1b") {
      mode = "escape";
      afterReturn = wasReturn;
    } else if (character === "\u009b") begin("sequence");
    else if (STRING_STARTS.includes(character) && character >= "\u0080") mode = "string";
    else if (character === "\n") {
      if (!wasReturn || !atLineStart) lineEnd();
    } else if (character === "\r") {
      if (!atLineStart) lineEnd();
      else afterReturn = wasReturn;
    } else if (character === "\t") {
      out += "\t";
      atLineStart = false;
    }
  }

  function begin(next: Mode): void {
    mode = next;
    sequence = "";
  }

  function takeEscape(character: string): void {
    if (character === "[") begin("sequence");
    else if (STRING_STARTS.includes(character)) mode = "string";
    // ESC, intermediate characters, one final: of two characters most often.
    else if (character >= " " && character <= "/") mode = "escape";
    else {
      mode = "text";
      if (isControl(character)) takeControl(character);
    }
  }

  function takeSequence(character: string): void {
    if (character >= "@" && character <= "~") {
      mode = "text";
      finish(character);
    } else if (isControl(character)) {
      mode = "text";
      takeControl(character);
    } else if (sequence.length < MAX_SEQUENCE) sequence += character;
    else mode = "text";
  }

  function finish(final: string): void {
    if (final === "m") {
      if (colours === "keep" && /^[0-9;:]*$/.test(sequence)) out += `\x1b[${sequence}m`;
    } else if (TO_ROW.includes(final)) {
      if (!atLineStart) lineEnd();
    } else if (TO_COLUMN.includes(final) && !atLineStart) out += " ";
  }

  function take(character: string): void {
    switch (mode) {
      case "text":
        return takeControl(character);
      case "escape":
        return takeEscape(character);
      case "sequence":
        return takeSequence(character);
      case "string escape":
        if (character === "\\") mode = "text";
        else {
          mode = "escape";
          takeEscape(character);
        }
        return;
      case "string":
        if (character === "\x1b") mode = "string escape";
        else if (character === "\x07" || character === "\u009c" || character === "\x18" || character === "\x1a") {
          mode = "text";
        } // No title has a line end: a string without an end must not hide all that comes after it.
        else if (character === "\n") {
          mode = "text";
          takeControl(character);
        }
    }
  }

  return {
    push(bytes) {
      out = "";
      const text = decoder.decode(bytes, { stream: true });
      for (let at = 0; at < text.length;) {
        run.lastIndex = at;
        const words = mode === "text" ? run.exec(text)?.[0] : undefined;
        const next = words ?? String.fromCodePoint(text.codePointAt(at) ?? 0);
        if (words !== undefined) print(words);
        else take(next);
        at += next.length;
      }
      return out;
    },
  };
}

function isControl(character: string): boolean {
  return character < " " || (character >= "\x7f" && character <= "\u009f");
}
