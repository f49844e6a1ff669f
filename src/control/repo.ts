/**
 * Which repository a directory belongs to: sessions are keyed by its root.
 */

import { resolve } from "node:path";
import { HarnexError } from "../model/errors.ts";
import type { Platform } from "../platform/platform.ts";

/** `git rev-parse --show-toplevel` there, or the directory itself outside git (or without git). */
export async function repoRootOf(platform: Platform, directory: string): Promise<string> {
  const path = resolve(directory);
  if ((await platform.files.stat(path)) === undefined) {
    throw new HarnexError("not_found", `no such directory: ${path}`);
  }
  try {
    const { code, stdout } = await platform.processes.run(["git", "-C", path, "rev-parse", "--show-toplevel"]);
    const root = stdout.replace(/\n$/, "");
    return code === 0 && root !== "" ? root : path;
  } catch (error) {
    if (error instanceof HarnexError && error.code === "not_found") return path; // git is not installed
    throw error;
  }
}
