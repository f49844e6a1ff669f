/**
 * Watching one file of a folder in which much else happens.
 */

import { createFiles } from "../../src/platform/files.ts";
import { equal, rejects } from "../support/assert.ts";
import { tempDir } from "../support/temp.ts";
import { within } from "../support/within.ts";

function watch(path: string) {
  const stop = new AbortController();
  const changes = createFiles(() => "0").watch(path, stop.signal)[Symbol.asyncIterator]();
  return { stop, changes };
}

Deno.test("files.watch() tells of a change that the system's queue had no room for", async () => {
  using dir = tempDir();
  const { stop, changes } = watch(dir.join("wanted"));
  equal((await changes.next()).done, false); // the look that every watch begins with
  const next = changes.next();
  // Nobody reads events while this runs, and the queue holds sixteen: what `wanted` causes is dropped.
  for (let index = 0; index < 40; index++) Deno.writeTextFileSync(dir.join(`other-${index}`), "x");
  Deno.writeTextFileSync(dir.join("wanted"), "x");
  equal((await within(5_000, next, "the change")).done, false);
  stop.abort();
  await changes.return?.(undefined);
});

Deno.test("files.watch() says nothing of other files, nor of one that has its name in another folder", async () => {
  using dir = tempDir();
  using elsewhere = tempDir();
  const { stop, changes } = watch(dir.join("wanted"));
  await changes.next();
  let said = 0;
  const next = changes.next().then((result) => {
    said++;
    return result;
  });
  using witness = Deno.watchFs([dir.path, elsewhere.path]);
  const seen = witness[Symbol.asyncIterator]();
  Deno.writeTextFileSync(elsewhere.join("wanted"), "x");
  Deno.removeSync(elsewhere.join("wanted")); // Deno tells every watch of a removal, whatever folder it watches
  Deno.writeTextFileSync(dir.join("other"), "x");
  // The witness is told after the watch; once it has read this much, the watch has had its turn.
  for (const mark of ["first", "second"]) {
    await Deno.writeTextFile(dir.join(mark), "x");
    while (!(await within(5_000, seen.next(), mark)).value?.paths.includes(dir.join(mark)));
  }
  equal(said, 0);
  stop.abort();
  equal((await within(5_000, next, "the end")).done, true);
});

Deno.test("files.watch() looks now and then where the system has no watch left", async () => {
  using dir = tempDir();
  using _none = withoutWatches();
  const { stop, changes } = watch(dir.join("wanted"));
  equal((await changes.next()).done, false);
  for (const text of ["made", "changed", undefined]) {
    const next = changes.next();
    if (text === undefined) Deno.removeSync(dir.join("wanted"));
    else Deno.writeTextFileSync(dir.join("wanted"), text);
    equal((await within(5_000, next, `${text}`)).done, false);
  }
  const next = changes.next();
  stop.abort();
  equal((await within(5_000, next, "the end")).done, true);
});

Deno.test("files.watch() of a folder that is not there fails", async () => {
  using dir = tempDir();
  const { changes } = watch(dir.join("none/wanted"));
  await rejects(() => changes.next(), Deno.errors.NotFound);
});

/** Fails as Deno 2.7.11 does beyond Linux's `max_user_instances`. */
function withoutWatches(): Disposable {
  const { watchFs } = Deno;
  Deno.watchFs = () => {
    throw new Error("Too many open files (os error 24)");
  };
  return { [Symbol.dispose]: () => void (Deno.watchFs = watchFs) };
}
