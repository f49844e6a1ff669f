/**
 * Makes the state directory and its folders, and keeps others out of them. A folder that somebody has for other
 * things, too, is left as open as it is.
 */

import { basename } from "node:path";
import type { Files } from "../platform/platform.ts";
import type { Paths } from "./paths.ts";

/** The established tool's folders are open to everybody, and hold tokens and transcripts. */
export async function makeStateDirectory(files: Files, paths: Paths): Promise<void> {
  const own = await isStateDirectory(files, paths);
  for (const directory of paths.directories) await files.makeDirectory(directory);
  if (own) { for (const directory of [paths.root, ...paths.directories]) await files.makePrivate(directory); }
}

/** Whether nothing is in it but what harnex puts there; true of an empty one. */
export async function isStateDirectory(files: Files, paths: Paths): Promise<boolean> {
  const names = new Set([...paths.directories, paths.launches, paths.agents].map((path) => basename(path)));
  const ledger = basename(paths.dispatches);
  return (await files.list(paths.root)).every((name) => names.has(name) || name.startsWith(ledger));
}
