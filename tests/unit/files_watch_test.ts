/**
 * Watching one file of a folder in which much else happens.
 */

import { createFiles } from "../../src/platform/files.ts";
import { equal } from "../support/assert.ts";
import { tempDir } from "../support/temp.ts";
import { within } from "../support/within.ts";

Deno.test("files.watch() tells of a change that the system's queue had no room for", async () => {
  using dir = tempDir();
  const files = createFiles(() => "0");
  const stop = new AbortController();
  const changes = files.watch(dir.join("wanted"), stop.signal)[Symbol.asyncIterator]();
  equal((await changes.next()).done, false); // the look that every watch begins with
  const next = changes.next();
  // Nobody reads events while this runs, and the queue holds sixteen: what `wanted` causes is dropped.
  for (let index = 0; index < 40; index++) Deno.writeTextFileSync(dir.join(`other-${index}`), "x");
  Deno.writeTextFileSync(dir.join("wanted"), "x");
  equal((await within(5_000, next, "the change")).done, false);
  stop.abort();
  await changes.return?.(undefined);
});

Deno.test("files.watch() says nothing of other files", async () => {
  using dir = tempDir();
  const files = createFiles(() => "0");
  const stop = new AbortController();
  const changes = files.watch(dir.join("wanted"), stop.signal)[Symbol.asyncIterator]();
  await changes.next();
  const next = changes.next();
  Deno.writeTextFileSync(dir.join("other"), "x");
  const tooSoon = await Promise.race([next, new Promise((resolve) => dirIsQuiet(dir.path, resolve))]);
  equal(tooSoon, "quiet");
  stop.abort();
  equal((await within(5_000, next, "the end")).done, true);
});

/** Another watch of the folder that has seen an event knows that the first one has had it too. */
async function dirIsQuiet(path: string, tell: (word: string) => void): Promise<void> {
  using watcher = Deno.watchFs(path);
  Deno.writeTextFileSync(`${path}/other`, "y");
  for await (const _event of watcher) break;
  tell("quiet");
}
