/**
 * A raw transcript as readable text: the terminal emulator draws it, and lines are taken as they leave the screen, so
 * that redraws and escape sequences vanish. Memory use does not grow with the transcript.
 */

// @ts-types="npm:@xterm/headless@6.0.0"
import type { IMarker, Terminal } from "@xterm/headless";
import type { TerminalSize } from "./screen.ts";
import { limitRepeats } from "./repeats.ts";
import { createWholeCharacters } from "../../text/whole_characters.ts";

/** Every byte can be a line end, so a slice never pushes a line out of the scrollback before it was taken. */
const SLICE_BYTES = 2048;
const SCROLLBACK_ROWS = SLICE_BYTES;

const [TAB, LINE_FEED, CARRIAGE_RETURN, SPACE] = [9, 10, 13, 32];

/** The lines of a transcript that was printed on a screen of this size. Wrapped rows are one line again. */
export async function* plainLines(
  chunks: Iterable<Uint8Array> | AsyncIterable<Uint8Array>,
  { rows, columns }: TerminalSize,
): AsyncGenerator<string> {
  const { Terminal } = await import("@xterm/headless");
  const options = { allowProposedApi: true, logLevel: "off" } as const;
  const terminal = new Terminal({ rows, cols: columns, scrollback: SCROLLBACK_ROWS, ...options });
  const allowRepeats = limitRepeats(terminal);
  const whole = createWholeCharacters();
  const completed = createLineEnds();
  let mark: IMarker | undefined;
  let line: string | undefined;

  // A program on the alternate screen (an editor) leaves nothing behind; only its screen at the end is shown.
  function* take(end: number): Generator<string> {
    const { active } = terminal.buffer;
    // The emulator gives each row as a chain of its letters, thirty times as large as the text: `join` undoes that.
    let rows: string[] = [];
    for (let row = Math.max(mark?.line ?? 0, 0); row < end; row++) {
      const next = active.getLine(row);
      if (!next?.isWrapped && line !== undefined) {
        yield (line + rows.join("")).trimEnd();
        rows = [];
        line = "";
      }
      line ??= "";
      rows.push(next?.translateToString(true) ?? "");
    }
    if (rows.length > 0) line += rows.join("");
  }

  try {
    for await (const chunk of chunks) {
      for (let from = 0; from < chunk.length; from += SLICE_BYTES) {
        allowRepeats(SLICE_BYTES);
        await draw(terminal, completed(whole(chunk.subarray(from, from + SLICE_BYTES))));
        const { active } = terminal.buffer;
        if (active.type === "alternate") continue;
        yield* take(active.baseY);
        mark?.dispose();
        mark = terminal.registerMarker(-active.cursorY);
      }
    }
    if (terminal.buffer.active.type === "alternate") mark = undefined;
    yield* take(lastRow(terminal) + 1);
    if (line !== undefined) yield line.trimEnd();
  } finally {
    terminal.dispose();
  }
}

/** A whole transcript at once; empty, or ends with a line end. */
export async function renderPlain(bytes: Uint8Array, size: TerminalSize): Promise<string> {
  let text = "";
  for await (const line of plainLines([bytes], size)) text += `${line}\n`;
  return text;
}

/**
 * The transcript of an agent without a terminal ends its lines with a line feed alone, which on a screen only goes
 * down. Such text has no control characters: a line that has one was drawn by a program, and is not changed.
 */
function createLineEnds(): (bytes: Uint8Array) => Uint8Array {
  /** for an empty line, the line before it decides */
  let isDrawn = false;
  let isEmpty = true;
  return (bytes) => {
    const whole = new Uint8Array(2 * bytes.length);
    let size = 0;
    for (const byte of bytes) {
      const isControl = byte < SPACE && byte !== TAB;
      if (byte === LINE_FEED) {
        isEmpty = true;
        if (!isDrawn) whole[size++] = CARRIAGE_RETURN;
      } else if (isEmpty || isControl) {
        isEmpty = false;
        isDrawn = isControl;
      }
      whole[size++] = byte;
    }
    return whole.subarray(0, size);
  };
}

function draw(terminal: Terminal, bytes: Uint8Array): Promise<void> {
  return new Promise((resolve) => {
    // Drawn at once, as in the emulator, and not after a timer.
    terminal.input("", true);
    terminal.write(bytes, resolve);
  });
}

function lastRow(terminal: Terminal): number {
  const { active } = terminal.buffer;
  for (let row = active.length - 1; row >= 0; row--) {
    if (active.getLine(row)?.translateToString(true).trimEnd()) return row;
  }
  return -1;
}
