/** Reads a session's transcript: its last lines as text, or its bytes from the end on, as they come. */

import { HarnexError } from "../model/errors.ts";
import { readSlices } from "../store/slices.ts";
import { findTail } from "../store/transcript.ts";
import type { SessionFiles } from "./find_files.ts";
import { awaitEnd, followFile } from "./follow.ts";
import { lastPlainLines } from "./plain_log.ts";
import type { Store } from "./store.ts";

/** The last lines as text. Throws `not_found` without a transcript. */
export async function readPlainLog(store: Store, { output }: SessionFiles, lines: number): Promise<readonly string[]> {
  const found = await lastPlainLines(store.platform.files, output, lines);
  if (found === undefined) throw missing(output);
  return found;
}

/** The bytes of the last lines; with `follow`, and while the session lives, those that come after them. */
export async function* streamLog(
  store: Store,
  { output, live }: SessionFiles,
  options: { lines: number; follow: boolean },
): AsyncGenerator<Uint8Array> {
  const { files } = store.platform;
  const tail = await findTail(files, output, { lines: options.lines });
  if (tail === undefined) throw missing(output);
  let offset = tail.start;
  yield* upTo(tail.end);
  if (!options.follow || live === undefined) return;

  const ended = new AbortController();
  const end = awaitEnd(store, live, ended.signal).then(() => ended.abort());
  try {
    for await (const news of followFile(files, output, { offset, signal: ended.signal })) {
      if (news.kind !== "bytes") {
        throw new HarnexError("failed", `the transcript ${output} was ${news.kind === "gone" ? "removed" : "cut"}`);
      }
      offset += news.bytes.length;
      yield news.bytes;
    }
    await end;
    yield* upTo(Infinity); // nothing can follow
  } finally {
    ended.abort();
  }

  async function* upTo(end: number): AsyncGenerator<Uint8Array> {
    for await (const slice of readSlices(files, output, offset)) {
      const bytes = slice.subarray(0, end - offset);
      offset += bytes.length;
      yield bytes;
      if (offset === end) break;
    }
  }
}

function missing(path: string): HarnexError {
  return new HarnexError("not_found", `the transcript ${path} is missing`);
}
