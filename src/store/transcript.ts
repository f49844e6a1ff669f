/**
 * Owns a session's transcript: the bytes that the agent printed, in order, append-only across runs of one id.
 * A failing disk costs a warning, never the session.
 */

import type { Clock, Files } from "../platform/platform.ts";

/** The first slice is small, because most tails are short; each further slice is twice as large. */
const FIRST_SLICE = 64 * 1024;
const LAST_SLICE = 1 << 20;
/** A longer tail is a whole log, which `cat` reads better. */
const TAIL_LIMIT = 64 * 1024 * 1024;
const LINE_FEED = 10;

export interface Transcript extends Disposable {
  readonly path: string;
  append(bytes: Uint8Array): void;
  /** monotonic milliseconds of the last append; undefined before the first */
  lastAppendAt(): number | undefined;
}

export async function openTranscript(options: {
  files: Files;
  clock: Clock;
  path: string;
  onFailure: (error: unknown) => void;
}): Promise<Transcript> {
  const file = await options.files.openAppend(options.path);
  let lastAt: number | undefined;
  return {
    path: options.path,
    append(bytes) {
      lastAt = options.clock.monotonic();
      try {
        file.append(bytes);
      } catch (error) {
        options.onFailure(error);
      }
    },
    lastAppendAt: () => lastAt,
    [Symbol.dispose]: () => file[Symbol.dispose](),
  };
}

/**
 * Where the last `lines` lines of a file begin and end, or as many of them as fit into `bytes`; undefined when there is
 * no file. Reads from the end, slice by slice, and only as far as needed.
 */
export async function findTail(
  files: Files,
  path: string,
  { lines, bytes: limit = TAIL_LIMIT }: { lines: number; bytes?: number },
): Promise<{ start: number; end: number } | undefined> {
  const end = (await files.stat(path))?.size;
  if (end === undefined) return undefined;
  if (lines <= 0) return { start: end, end };
  const floor = Math.max(0, end - limit);
  let missing = lines;
  // A line end at the very end of the file closes the last line and starts no other.
  let upTo = end - 1;
  for (let slice = FIRST_SLICE; upTo > floor; slice = Math.min(2 * slice, LAST_SLICE)) {
    const offset = Math.max(floor, upTo - slice);
    const bytes = await files.readRange(path, { offset, maxBytes: upTo - offset });
    if (bytes === undefined) return undefined;
    for (let at = bytes.lastIndexOf(LINE_FEED); at >= 0; at = at === 0 ? -1 : bytes.lastIndexOf(LINE_FEED, at - 1)) {
      missing -= 1;
      if (missing === 0) return { start: offset + at + 1, end };
    }
    upTo = offset;
  }
  return { start: floor, end };
}
