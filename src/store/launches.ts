/**
 * Finds what launches have left that were killed at the wrong moment: their files hold an environment, or a token, and
 * otherwise live for seconds.
 */

import { join } from "node:path";
import type { Clock, Files } from "../platform/platform.ts";
import type { Paths } from "./paths.ts";

/** Longer than anybody waits for a session to register. */
const STALE_MS = 24 * 3_600_000;

/** The files of launches that are over. */
export async function listStaleLaunches(
  { files, clock, paths }: { files: Files; clock: Clock; paths: Paths },
): Promise<string[]> {
  const stale: string[] = [];
  for (const name of await files.list(paths.launches)) {
    const path = join(paths.launches, name);
    const stat = await files.stat(path);
    if (stat?.kind === "file" && stat.mtimeMs < clock.now() - STALE_MS) stale.push(path);
  }
  return stale;
}
