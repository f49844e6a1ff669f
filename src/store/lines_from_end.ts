/**
 * Reads a file of lines from its end towards its beginning, only as far as the reader goes on.
 */

import { joinBytes } from "../text/bytes.ts";
import type { Files } from "../platform/platform.ts";

/** The first look is small, for readers that want a handful of lines; each further one is twice as large. */
const FIRST_SLICE = 64 * 1024;
const LAST_SLICE = 4 << 20;
/** A longer line is no row but damage, and is passed over. */
const LINE_LIMIT = 16 << 20;
const LINE_END = 10;

/** The file's lines, last one first, without their line ends; empty ones are passed over. */
export async function* linesFromEnd(files: Files, path: string): AsyncGenerator<string> {
  const decoder = new TextDecoder();
  let end = (await files.stat(path))?.size ?? 0;
  /** the beginning of what was read so far: the rest of a line that begins further up */
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
    if (bytes === undefined || bytes.length < end - offset) return; // cut short or removed meanwhile
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
