/**
 * The compiled harnex, for tests that must try what people run. Never an old one in silence.
 */

import { join, resolve } from "node:path";
import { listFiles, ROOT } from "./tree.ts";

/** The program that `HARNEX_BIN` names, else `dist/harnex`. Throws when that is not there, or older than a source. */
export function compiledHarnex(): readonly [string] {
  const named = Deno.env.get("HARNEX_BIN");
  if (named !== undefined && named !== "") return [resolve(ROOT, named)];
  const program = join(ROOT, "dist/harnex");
  const builtAt = changedAt(program);
  const newer = ["deno.json", ...listFiles(["src", "guides"])].find((path) => changedAt(join(ROOT, path)) > builtAt);
  if (newer === undefined) return [program];
  throw new Error(`dist/harnex is missing or older than ${newer}; run: deno task compile`);
}

/** 0 when there is no such file. */
function changedAt(path: string): number {
  try {
    return Deno.statSync(path).mtime?.getTime() ?? 0;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return 0;
    throw error;
  }
}
