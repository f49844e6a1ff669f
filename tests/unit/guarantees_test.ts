/** guides/guarantees.md: every promise names its tests, and every test that it names is there. */

import { deepEqual, ok } from "../support/assert.ts";
import { listFiles, readText } from "../support/tree.ts";

const guide = readText("guides/guarantees.md");
const tests = new Set(listFiles(["tests"]).filter((path) => path.endsWith("_test.ts")));

interface Named {
  path: string;
  name: string;
}

function namedTests(text: string): Named[] {
  return [...text.matchAll(/^- (tests\/\S+) › (.+)$/gm)].map(([, path = "", name = ""]) => ({ path, name }));
}

/** The texts in a file that may be a test's name, with `…` for what varies. */
function titlesIn(path: string): ReadonlySet<string> {
  const literals = [...readText(path).matchAll(/"((?:[^"\\\n]|\\.)*)"|`((?:[^`\\]|\\.)*)`/g)];
  return new Set(
    literals.map(([, plain, template]) => plain ?? template?.replaceAll(/\$\{(?:[^{}]|\{[^{}]*\})*\}/g, "…") ?? ""),
  );
}

Deno.test("every test that guides/guarantees.md names exists", () => {
  const named = namedTests(guide);
  ok(named.length > 0);
  deepEqual(named.filter(({ path, name }) => !tests.has(path) || !titlesIn(path).has(name)), []);
});

Deno.test("every promise in guides/guarantees.md names a test, and each line that names one is read", () => {
  const [promises = ""] = guide.split("\n## What is not promised");
  const parts = promises.split(/\n(?=\*\*)/).slice(1);
  ok(parts.length > 0);
  deepEqual(parts.filter((part) => namedTests(part).length === 0), []);
  deepEqual((promises.match(/^- /gm) ?? []).length, namedTests(promises).length);
});
