/** Reads a file of any size in pieces. */

import type { Files } from "../platform/platform.ts";

const SLICE = 1 << 20;

/** The bytes from `start` to the end, including what is appended meanwhile. */
export async function* readSlices(files: Files, path: string, start: number): AsyncGenerator<Uint8Array> {
  for (let offset = start;;) {
    const bytes = await files.readRange(path, { offset, maxBytes: SLICE });
    if (bytes === undefined || bytes.length === 0) return;
    offset += bytes.length;
    yield bytes;
  }
}
