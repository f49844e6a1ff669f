/**
 * Splits a byte stream into lines of text, with a hard limit for one line. It works on bytes, so that a chunk may end
 * anywhere, also inside a character. It does not know what the lines mean.
 */

/** The longest accepted line. A resumed thread with its history was 3 MB; ten times that still fits into memory. */
export const MAX_LINE_BYTES = 32 * 1024 * 1024;
const NEWLINE = 10;
const CARRIAGE_RETURN = 13;
/** Room for an unfinished line at first; most lines need no more. */
const START_BYTES = 4096;
/** Room that is kept from one line to the next. */
const KEPT_BYTES = 64 * START_BYTES;

/** One line, or a report that one was too long. */
export type Line = { kind: "line"; text: string } | { kind: "oversized"; bytes: number };

export interface LineSplitter {
  /** The lines that `chunk` completes. The chunk may be reused afterwards. */
  push(chunk: Uint8Array): Line[];
  /** The unfinished last line, if there is one. */
  end(): Line[];
}

/**
 * Splits bytes at newlines; a carriage return before the newline is dropped too. Blank lines are dropped. A line over
 * `maxBytes` is skipped to its end and reported once.
 */
export function createLineSplitter(maxBytes: number = MAX_LINE_BYTES): LineSplitter {
  const unfinished = createLineBuffer(maxBytes);
  const decoder = new TextDecoder("utf-8", { ignoreBOM: true });

  function lineOf(bytes: Uint8Array): Line[] {
    if (bytes.length > maxBytes) return [{ kind: "oversized", bytes: bytes.length }];
    const text = decoder.decode(bytes.at(-1) === CARRIAGE_RETURN ? bytes.subarray(0, -1) : bytes);
    return text.trim() === "" ? [] : [{ kind: "line", text }];
  }

  function takeUnfinished(): Line[] {
    const { length, bytes } = unfinished.take();
    return bytes === undefined ? [{ kind: "oversized", bytes: length }] : lineOf(bytes);
  }

  return {
    push(chunk) {
      const lines: Line[] = [];
      let from = 0;
      for (let at = chunk.indexOf(NEWLINE); at !== -1; at = chunk.indexOf(NEWLINE, from)) {
        const part = chunk.subarray(from, at);
        from = at + 1;
        if (unfinished.isEmpty()) lines.push(...lineOf(part));
        else {
          unfinished.add(part);
          lines.push(...takeUnfinished());
        }
      }
      if (from < chunk.length) unfinished.add(chunk.subarray(from));
      return lines;
    },
    end: () => unfinished.isEmpty() ? [] : takeUnfinished(),
  };
}

interface LineBuffer {
  add(part: Uint8Array): void;
  isEmpty(): boolean;
  /** Empties the buffer. The bytes are valid until the next `add`; absent when they were over the limit. */
  take(): { length: number; bytes?: Uint8Array };
}

/** Collects the parts of one line, up to a limit; what comes past that is only counted. */
function createLineBuffer(maxBytes: number): LineBuffer {
  let held = new Uint8Array(START_BYTES);
  let length = 0;
  return {
    add(part) {
      const end = length + part.length;
      if (end <= maxBytes) {
        // Doubling keeps the copying linear in the length of the line.
        if (end > held.length) held = grow(held, { length, toAtLeast: end });
        held.set(part, length);
      }
      length = end;
    },
    isEmpty: () => length === 0,
    take() {
      const taken = length > maxBytes ? { length } : { length, bytes: held.subarray(0, length) };
      length = 0;
      // One long line must not keep its memory for the rest of the session.
      if (held.length > KEPT_BYTES) held = new Uint8Array(START_BYTES);
      return taken;
    },
  };
}

function grow(bytes: Uint8Array, { length, toAtLeast }: { length: number; toAtLeast: number }) {
  const grown = new Uint8Array(Math.max(bytes.length * 2, toAtLeast));
  grown.set(bytes.subarray(0, length));
  return grown;
}
