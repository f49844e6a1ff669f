/**
 * Owns how a dispatch row gets into a file: one JSON line, appended whole with one write, under a lock, and on the disk
 * when the call returns. Half a line that a crash has left is ended first.
 */

import { dirname } from "node:path";
import type { Clock, Files } from "../platform/platform.ts";

/** How long to wait for another writer of the same file: each holds the lock for one write and one sync. */
const LOCK_WAIT_MS = 2_000;
const LOCK_STEP_MS = 20;

/** Appends one row. Throws when the file cannot be written. */
export async function appendRow(
  deps: { files: Files; clock: Clock },
  path: string,
  row: Readonly<Record<string, unknown>>,
): Promise<void> {
  const { files, clock } = deps;
  await files.makeDirectory(dirname(path));
  const deadline = clock.monotonic() + LOCK_WAIT_MS;
  let lock = await files.tryLock(`${path}.lock`);
  // flock has no waiting form here that can be given up, so look again until the deadline; then one write must do.
  while (lock === undefined && clock.monotonic() < deadline) {
    await clock.sleep(LOCK_STEP_MS);
    lock = await files.tryLock(`${path}.lock`);
  }
  try {
    const healing = await endsWithLineEnd(files, path) ? "" : "\n";
    using file = await files.openAppend(path);
    file.append(new TextEncoder().encode(`${healing}${JSON.stringify(row)}\n`));
    await file.sync();
  } finally {
    lock?.removeAndRelease();
  }
}

/** Also true of an empty file and of none. */
async function endsWithLineEnd(files: Files, path: string): Promise<boolean> {
  const size = (await files.stat(path))?.size ?? 0;
  if (size === 0) return true;
  const [last] = (await files.readRange(path, { offset: size - 1, maxBytes: 1 })) ?? [];
  return last === undefined || last === 10;
}
