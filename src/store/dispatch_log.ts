/**
 * Appends a dispatch row to a file: one JSON line with one write, under a lock, and on the disk when the call returns.
 * A half line that a crash left behind is ended first.
 */

import { dirname } from "node:path";
import type { Clock, FileLock, Files } from "../platform/platform.ts";
import { untilFound } from "../platform/waiting.ts";
import { endsWithLineEnd } from "./line_appender.ts";

/** How long to wait for another writer of the file: most hold the lock for one write, prune for one copy. */
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
    // The row was appended even without the lock: one write does not mix with another.
    lock?.removeAndRelease();
  }
}

/** The lock that every writer of the file takes; undefined when another writer keeps it. */
export async function lockFile(
  { files, clock }: { files: Files; clock: Clock },
  path: string,
): Promise<FileLock | undefined> {
  // A waiting flock cannot be given up, so this polls.
  return await untilFound(() => files.tryLock(`${path}.lock`), { clock, everyMs: LOCK_STEP_MS, limitMs: LOCK_WAIT_MS });
}
