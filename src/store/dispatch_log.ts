/**
 * Owns how a dispatch row gets into a file: one JSON line, appended whole with one write, under a lock, and on the disk
 * when the call returns. Half a line that a crash has left is ended first.
 */

import { dirname } from "node:path";
import type { Clock, FileLock, Files } from "../platform/platform.ts";
import { endsWithLineEnd } from "./line_appender.ts";

/** How long to wait for another writer of the same file: most hold the lock for one write, prune for one copy. */
const LOCK_WAIT_MS = 5_000;
const LOCK_STEP_MS = 20;

/** Appends one row. Throws when the file cannot be written. */
export async function appendRow(
  deps: { files: Files; clock: Clock },
  path: string,
  row: Readonly<Record<string, unknown>>,
): Promise<void> {
  const { files } = deps;
  await files.makeDirectory(dirname(path));
  const lock = await lockFile(deps, path);
  try {
    const healing = await endsWithLineEnd(files, path, (await files.stat(path))?.size ?? 0) ? "" : "\n";
    using file = await files.openAppend(path);
    file.append(new TextEncoder().encode(`${healing}${JSON.stringify(row)}\n`));
    await file.sync();
  } finally {
    // Without the lock the row was appended all the same: it is one write.
    lock?.removeAndRelease();
  }
}

/** The lock that every writer of the file takes; undefined when another one keeps it. */
export async function lockFile(
  { files, clock }: { files: Files; clock: Clock },
  path: string,
): Promise<FileLock | undefined> {
  const deadline = clock.monotonic() + LOCK_WAIT_MS;
  let lock = await files.tryLock(`${path}.lock`);
  // flock has no waiting form here that can be given up, so look again until the deadline.
  while (lock === undefined && clock.monotonic() < deadline) {
    await clock.sleep(LOCK_STEP_MS);
    lock = await files.tryLock(`${path}.lock`);
  }
  return lock;
}
