/**
 * Splits a byte stream into lines of text, with a hard limit. Works on bytes, so that a chunk may end anywhere,
 * also inside a character. Knows nothing of what the lines mean.
 */

/** The longest line taken. A resumed thread with its history was 3 MB; ten times that is still memory we can spare. */
export const MAX_LINE_BYTES = 32 * 1024 * 1024;

/** One line, or the news that one was too long. */
export type Line = { kind: "line"; text: string } | { kind: "oversized"; bytes: number };

export interface LineSplitter {
  /** The lines that `chunk` completes. The chunk may be reused afterwards. */
  push(chunk: Uint8Array): Line[];
  /** The unfinished last line, if there is one. */
  end(): Line[];
}

/** Splits bytes at newlines. A line over `maxBytes` is skipped to its end and reported once. Blank lines vanish. */
export function createLineSplitter(maxBytes: number = MAX_LINE_BYTES): LineSplitter {
  const NEWLINE = 10;
  const RETURN = 13;
  const START_BYTES = 4096;
  const decoder = new TextDecoder("utf-8", { ignoreBOM: true });
  let held: Uint8Array = new Uint8Array(START_BYTES);
  let length = 0;
  let oversized = false;

  function hold(part: Uint8Array): void {
    if (oversized || length + part.length > maxBytes) {
      oversized = true;
      length += part.length;
      return;
    }
    if (length + part.length > held.length) {
      // Doubling keeps the copying linear in the length of the line.
      const grown = new Uint8Array(Math.max(held.length * 2, length + part.length));
      grown.set(held.subarray(0, length));
      held = grown;
    }
    held.set(part, length);
    length += part.length;
  }

  function take(): Line[] {
    const taken = length;
    length = 0;
    if (oversized) {
      oversized = false;
      held = new Uint8Array(START_BYTES);
      return [{ kind: "oversized", bytes: taken }];
    }
    const end = taken > 0 && held[taken - 1] === RETURN ? taken - 1 : taken;
    const text = decoder.decode(held.subarray(0, end));
    // One long line must not keep its memory for the rest of the session.
    if (held.length > 64 * START_BYTES) held = new Uint8Array(START_BYTES);
    return text.trim() === "" ? [] : [{ kind: "line", text }];
  }

  return {
    push(chunk) {
      const lines: Line[] = [];
      let from = 0;
      for (;;) {
        const at = chunk.indexOf(NEWLINE, from);
        if (at === -1) break;
        hold(chunk.subarray(from, at));
        lines.push(...take());
        from = at + 1;
      }
      if (from < chunk.length) hold(chunk.subarray(from));
      return lines;
    },
    end: () => (length > 0 ? take() : []),
  };
}
