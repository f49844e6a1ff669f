/** How probes came out is kept, and a damaged file counts as none. */

import { deepEqual, equal } from "../support/assert.ts";
import { createFiles } from "../../src/platform/files.ts";
import { createPaths } from "../../src/store/paths.ts";
import {
  findOutcome,
  listDeadStages,
  listOutcomes,
  makeStageFolder,
  type ProbeOutcome,
  weakerOf,
  writeOutcome,
  writeReport,
} from "../../src/store/probes.ts";
import { withTempDir } from "../support/temp.ts";

const files = createFiles(() => "0");

function outcome(more: Partial<ProbeOutcome> = {}): ProbeOutcome {
  const checks = [{ name: "turn", ok: true, detail: "completed" }, {
    name: "stop",
    ok: false,
    weaker: "stop may leave",
  }];
  return { agent: "a", program: "/bin/a", version: "1.2", harnex: "0.7.0", at: 10, ok: false, checks, ...more };
}

Deno.test("an outcome is read as it was written, one per program and version, newest first", async () => {
  await withTempDir(async (root) => {
    const place = { files, paths: createPaths(root) };
    deepEqual(await listOutcomes(place), []);
    const [old, other, newer] = [outcome(), outcome({ version: "1.3", at: 20 }), outcome({ ok: true, at: 30 })];
    for (const one of [old, other, newer]) await writeOutcome(place, one);
    deepEqual(await listOutcomes(place), [newer, other]);
    deepEqual(await findOutcome(place, { program: "/bin/a", version: "1.3" }), other);
    deepEqual(await findOutcome(place, { program: "/bin/a", version: undefined }), newer);
    equal(await findOutcome(place, { program: "/bin/a", version: "1.4" }), undefined);
    equal(await findOutcome(place, { program: "/bin/b", version: undefined }), undefined);
    const names = await files.list(place.paths.probes);
    deepEqual(
      names.map((name) => Deno.statSync(`${place.paths.probes}/${name}`).mode ?? 0).map((mode) => mode & 0o777),
      [
        0o600,
        0o600,
      ],
    );
  });
});

Deno.test("an outcome that was cut off at any byte is none, and breaks no other", async () => {
  await withTempDir(async (root) => {
    const place = { files, paths: createPaths(root) };
    const [kept, torn] = [outcome({ program: "/bin/kept" }), outcome()];
    await writeOutcome(place, torn);
    const [name = ""] = await files.list(place.paths.probes);
    const path = `${place.paths.probes}/${name}`;
    const bytes = Deno.readFileSync(path);
    await writeOutcome(place, kept);
    for (let length = 0; length < bytes.length - 1; length++) {
      Deno.writeFileSync(path, bytes.subarray(0, length));
      deepEqual(await listOutcomes(place), [kept], `${length} bytes`);
    }
    for (const text of ["[]", '{"agent":1}', '{"agent":"a","program":"p","harnex":"1","at":"now","ok":true}']) {
      Deno.writeTextFileSync(path, text);
      deepEqual(await listOutcomes(place), [kept], text);
    }
    // The temporary file of a writer that was killed is none either.
    Deno.writeFileSync(`${path}.tmp.1.0`, bytes);
    deepEqual(await listOutcomes(place), [kept]);
  });
});

Deno.test("a report is private, and goes when the next outcome of its program and version is written", async () => {
  await withTempDir(async (root) => {
    const place = { files, paths: createPaths(root) };
    await writeOutcome(place, outcome());
    const path = await writeReport(place, outcome(), "what failed");
    equal((Deno.statSync(path).mode ?? 0) & 0o777, 0o600);
    await writeOutcome(place, outcome({ version: "2" }));
    equal(await files.readText(path), "what failed");
    await writeOutcome(place, outcome({ ok: true }));
    equal(await files.readText(path), undefined);
  });
});

Deno.test("the throw-away folder of a probe is dead when its process is", async () => {
  await withTempDir(async (root) => {
    const place = { files, paths: createPaths(root) };
    const alive = { isAlive: ({ pid }: { pid: number }) => Promise.resolve(pid === 1) };
    await makeStageFolder(place, { owner: { pid: 1, start: "5" }, name: "aa" });
    const dead = await makeStageFolder(place, { owner: { pid: 2, start: "5" }, name: "bb" });
    // Its process was killed before it could write its name.
    const unnamed = `${place.paths.probes}/stage-cc`;
    Deno.mkdirSync(unnamed);
    deepEqual(await listDeadStages(place, alive), [{ folder: dead, name: "bb" }, { folder: unnamed, name: "cc" }]);
    deepEqual(await listOutcomes(place), []);
  });
});

Deno.test("weakerOf() names two guarantees, each once, and counts the others", () => {
  const checks = ["one", "two", "one", "three", "four"].map((weaker, index) => ({
    name: `${index}`,
    ok: false,
    weaker,
  }));
  equal(weakerOf({ checks }), "one; two; and 2 more");
  equal(weakerOf({ checks: checks.slice(0, 1) }), "one");
  equal(weakerOf({ checks: [{ name: "fine", ok: true, weaker: "no" }] }), "");
});
