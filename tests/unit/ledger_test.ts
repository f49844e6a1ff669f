/**
 * The ledger keeps every row whole, whoever writes beside and whatever a crash left, and reads them newest first.
 */

import { join } from "node:path";
import fc from "fast-check";
import { denoPlatform } from "../../src/platform/deno_platform.ts";
import { appendToLedger, findLedgerRow, ledgerFromEnd } from "../../src/store/ledger.ts";
import { linesFromEnd } from "../../src/store/lines_from_end.ts";
import { createPaths, type Paths } from "../../src/store/paths.ts";
import { deepEqual, equal } from "../support/assert.ts";
import { ledgerEntry, ledgerLine } from "../support/ledger_entry.ts";
import { tempDir } from "../support/temp.ts";
import { ROOT } from "../support/tree.ts";

const { files, clock } = denoPlatform();

async function sessionsIn(paths: Paths, filter = {}): Promise<string[]> {
  const found: string[] = [];
  for await (const { session_id } of ledgerFromEnd({ files, paths }, filter)) found.push(session_id);
  return found;
}

Deno.test("appendToLedger() keeps the rows of twenty processes that write at once", async () => {
  using dir = tempDir();
  const writer = join(ROOT, "tests/support/appender.ts");
  const names = Array.from({ length: 20 }, (_, index) => `w${index}`);
  const results = await Promise.all(names.map((name) =>
    new Deno.Command(Deno.execPath(), {
      args: ["run", "-A", "--no-check", "--frozen", "--config", join(ROOT, "deno.json"), writer, dir.path, name, "5"],
    }).output()
  ));
  deepEqual(results.map(({ code }) => code), names.map(() => 0));
  const lines = Deno.readTextFileSync(createPaths(dir.path).dispatches).split("\n");
  equal(lines.pop(), "");
  const seen = lines.map((line) => JSON.parse(line).session_id);
  deepEqual(seen.sort(), names.flatMap((name) => [0, 1, 2, 3, 4].map((index) => `${name}-${index}`)).sort());
});

Deno.test("appendToLedger() ends half a line that a crash has left", async () => {
  using dir = tempDir();
  const paths = createPaths(dir.path);
  Deno.writeTextFileSync(paths.dispatches, `${ledgerLine({ session_id: "before" })}{"type":"dispatch_en`);
  await appendToLedger({ files, clock, paths }, ledgerEntry({ session_id: "after" }));
  deepEqual(await sessionsIn(paths), ["after", "before"]);
  equal(Deno.readTextFileSync(paths.dispatches).split("\n").length, 4);
});

Deno.test("appendToLedger() leaves a private file and no lock behind", async () => {
  using dir = tempDir();
  const paths = createPaths(dir.path);
  await appendToLedger({ files, clock, paths }, ledgerEntry());
  deepEqual([...Deno.readDirSync(dir.path)].map(({ name }) => name), ["dispatches.jsonl"]);
  equal((Deno.statSync(paths.dispatches).mode ?? 0) & 0o777, 0o600);
});

Deno.test("ledgerFromEnd() reads rows of other versions and passes over what is no row", async () => {
  using dir = tempDir();
  const paths = createPaths(dir.path);
  const later = JSON.stringify({ ...ledgerEntry({ session_id: "later" }), schema_version: 9, ts: "x", more: [1] });
  const foreign = ["", "null", "[]", "{}", '{"type":"dispatch_note","session_id":"n","id":"n"}', "\u0000\u0000", "{"];
  const earlier = '{"type":"dispatch_end","session_id":"earlier","id":"e"}';
  Deno.writeTextFileSync(paths.dispatches, [earlier, ...foreign, later].join("\n"));
  deepEqual(await sessionsIn(paths), ["later", "earlier"]);
  deepEqual(await sessionsIn(paths, { repoKey: "0123456789abcdef" }), ["later"]);
  equal((await findLedgerRow({ files, paths }, { sessionId: "earlier" }))?.exit_code, null);
  equal(await findLedgerRow({ files, paths }, { sessionId: "absent" }), undefined);
});

Deno.test("linesFromEnd() gives every line of any file, last one first", async () => {
  using dir = tempDir();
  const path = dir.join("lines");
  const line = fc.oneof(
    { weight: 5, arbitrary: fc.string({ unit: "grapheme", maxLength: 40 }) },
    // longer than the first slices
    fc.integer({ min: 60_000, max: 300_000 }).map((length) => "é".repeat(length)),
  ).map((text) => text.replaceAll("\n", ""));
  const ends = fc.constantFrom("", "\n", "\n\n");
  await fc.assert(
    fc.asyncProperty(fc.array(line, { maxLength: 20 }), ends, async (lines, end) => {
      Deno.writeTextFileSync(path, lines.join("\n") + end);
      const found = await Array.fromAsync(linesFromEnd(files, path));
      deepEqual(found, lines.filter((text) => text !== "").reverse());
    }),
    { numRuns: 50 },
  );
  deepEqual(await Array.fromAsync(linesFromEnd(files, dir.join("absent"))), []);
});

Deno.test("linesFromEnd() reads no more than it is asked for", async () => {
  using dir = tempDir();
  const path = dir.join("lines");
  Deno.writeTextFileSync(path, `${"x".repeat(99)}\n`.repeat(500_000));
  let read = 0;
  const counting: typeof files = {
    ...files,
    async readRange(at, range) {
      const bytes = await files.readRange(at, range);
      read += bytes?.length ?? 0;
      return bytes;
    },
  };
  let lines = 0;
  for await (const _line of linesFromEnd(counting, path)) if (++lines === 100) break;
  equal(read, 64 * 1024);
});
