/**
 * Owns a session's transcript: the bytes that the agent printed, in order, append-only across runs of one id.
 * A failing disk costs a warning, never the session.
 */

import type { Clock, Files } from "../platform/platform.ts";

const TAIL_SLICE = 64 * 1024;
/** A tail of more than this is a whole log: read it with `cat`. */
const TAIL_LIMIT = 64 * 1024 * 1024;

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

/** The last `lines` lines of a file with the offset where the file then ended; undefined when there is no file. */
export async function tailLines(
  files: Files,
  path: string,
  lines: number,
): Promise<{ bytes: Uint8Array; end: number } | undefined> {
  const stat = await files.stat(path);
  if (stat === undefined) return undefined;
  const end = stat.size;
  for (let size = TAIL_SLICE;; size *= 4) {
    const offset = Math.max(0, end - Math.min(size, TAIL_LIMIT));
    const bytes = await files.readRange(path, { offset, maxBytes: end - offset });
    if (bytes === undefined) return undefined;
    const from = startOfTail(bytes, lines);
    if (from !== undefined) return { bytes: bytes.subarray(from), end };
    if (offset === 0 || size >= TAIL_LIMIT) return { bytes, end };
  }
}

/** Where the last `lines` lines begin; undefined when there are fewer line ends than that. */
function startOfTail(bytes: Uint8Array, lines: number): number | undefined {
  if (lines <= 0) return bytes.length;
  // A line end at the very end closes the last line and starts none.
  let at = bytes.length - 1;
  for (let remaining = lines; remaining > 0; remaining--) {
    at = at <= 0 ? -1 : bytes.lastIndexOf(10, at - 1);
    if (at < 0) return undefined;
  }
  return at + 1;
}
