/**
 * Owns the dispatch rows: one JSON line a session, appended whole, under a lock.
 */

import { dirname } from "node:path";
import type { Clock, Files } from "../platform/platform.ts";

/** How long to wait for another writer of the same file. */
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
    using file = await files.openAppend(path);
    file.append(new TextEncoder().encode(`${JSON.stringify(row)}\n`));
  } finally {
    lock?.removeAndRelease();
  }
}
