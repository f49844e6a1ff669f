/**
 * The public surface only grows: help, exit statuses, JSON, events, files and API of 0.7 are all still there, and what
 * was added since stands in tests/surface/added.json with its reason.
 */

import { deepEqual, ok } from "../support/assert.ts";
import { harnexProgram } from "../support/cli.ts";
import { describeSurface } from "../support/surface.ts";
import { compareSurfaces, findUnlisted, type Surface } from "../support/surface/facts.ts";
import { readText } from "../support/tree.ts";

const before: Surface = JSON.parse(readText("tests/surface/0.7.json"));
/** A fact, or its beginning with `*` behind it, and why it was added. */
const reasons: Readonly<Record<string, string>> = JSON.parse(readText("tests/surface/added.json"));

// The scenes look at processes as only Linux shows them.
const ignore = Deno.build.os !== "linux";

Deno.test("the public surface has lost nothing since 0.7, and what it gained has a reason", { ignore }, async () => {
  const { removed, added } = compareSurfaces(before, await describeSurface(harnexProgram()));
  deepEqual(removed, [], "these were removed, renamed or retyped");
  const { unlisted, stale } = findUnlisted(added, reasons);
  deepEqual(unlisted, [], "these are new: give each a reason in tests/surface/added.json");
  deepEqual(stale, [], "tests/surface/added.json lists what is not there");
});

Deno.test("the baseline covers every part of the surface", () => {
  const parts = ["environment", "events", "failures", "files", "help", "http", "openapi", "output", "tables", "texts"];
  deepEqual(Object.keys(before).sort(), parts);
  for (const part of parts) ok((before[part]?.length ?? 0) > 3, part);
});
