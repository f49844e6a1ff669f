/**
 * Makes the state directory and its folders, and closes them to other users. A directory that also holds other files
 * keeps its permissions.
 */

import { basename } from "node:path";
import type { Files } from "../platform/platform.ts";
import type { Paths } from "./paths.ts";

/** Folders of the established tool are open to other users, although they hold tokens and transcripts. */
export async function makeStateDirectory(files: Files, paths: Paths): Promise<void> {
  const own = await isStateDirectory(files, paths);
  for (const directory of paths.directories) await files.makeDirectory(directory);
  if (own) { for (const directory of [paths.root, ...paths.directories]) await files.makePrivate(directory); }
}

/** Whether the directory holds only what harnex puts there; true for an empty one. */
export async function isStateDirectory(files: Files, paths: Paths): Promise<boolean> {
  const names = new Set(
    [...paths.directories, paths.launches, paths.agents, paths.probes].map((path) => basename(path)),
  );
  const ledger = basename(paths.dispatches);
  return (await files.list(paths.root)).every((name) => names.has(name) || name.startsWith(ledger));
}
