/**
 * Reads a file of lines from its end towards its beginning, and no further than its reader asks.
 */

import { joinBytes } from "../text/bytes.ts";
import type { Files } from "../platform/platform.ts";

/** The first slice is small, for readers of a few lines; each further slice is twice as large. */
const FIRST_SLICE = 64 * 1024;
const LAST_SLICE = 4 << 20;
/** A longer line is damage, not a row, and is skipped. */
const LINE_LIMIT = 16 << 20;
const LINE_END = 10;

/** The file's lines without their line ends, the last line first; empty lines are skipped. */
export async function* linesFromEnd(files: Files, path: string): AsyncGenerator<string> {
  const decoder = new TextDecoder();
  let end = (await files.stat(path))?.size ?? 0;
  /** the end of a line whose beginning was not read yet, in parts */
  let rest: Uint8Array[] = [];
  let restLength = 0;
  const lineWith = (head: Uint8Array): string => {
    const line = restLength + head.length > LINE_LIMIT ? "" : decoder.decode(joinBytes([head, ...rest]));
    rest = [];
    restLength = 0;
    return line;
  };
  for (let slice = FIRST_SLICE; end > 0; slice = Math.min(LAST_SLICE, slice * 2)) {
    const offset = Math.max(0, end - slice);
    const bytes = await files.readRange(path, { offset, maxBytes: end - offset });
    if (bytes === undefined || bytes.length < end - offset) return; // the file was truncated or removed meanwhile
    let upTo = bytes.length;
    for (let at = bytes.lastIndexOf(LINE_END); at >= 0; at = at === 0 ? -1 : bytes.lastIndexOf(LINE_END, at - 1)) {
      const line = lineWith(bytes.subarray(at + 1, upTo));
      upTo = at;
      if (line !== "") yield line;
    }
    if (restLength <= LINE_LIMIT) rest.unshift(bytes.subarray(0, upTo));
    restLength += upTo;
    end = offset;
  }
  const first = lineWith(new Uint8Array());
  if (first !== "") yield first;
}
