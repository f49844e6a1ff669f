/**
 * The texts for contributors describe the tree as it is: their paths and tasks exist, and the layers are those of the
 * import rules.
 */

import { deepEqual, ok } from "../support/assert.ts";
import { MAY_IMPORT, MAY_IMPORT_TYPES } from "../support/layers.ts";
import { listFiles, readText } from "../support/tree.ts";

const guide = readText("guides/architecture.md");
const files = listFiles();

/** The text from a heading to the next one. */
function sectionOf(heading: string): string {
  return guide.split(`\n## ${heading}\n`)[1]?.split("\n## ")[0] ?? "";
}

/** Texts that lead a contributor through the tree. */
const MAPS = [
  "guides/architecture.md",
  "guides/adapters.md",
  "guides/decisions.md",
  "AGENTS.md",
  ".github/CONTRIBUTING.md",
];

for (const map of MAPS) {
  Deno.test(`every path and every task in ${map} exists`, () => {
    const text = readText(map);
    const paths = [...text.matchAll(/`((?:src|tests|guides|\.github|\.ci)\/[^`\s]*)`/g)].map(([, path]) => path ?? "");
    ok(paths.length > 0);
    const exists = (path: string) =>
      files.includes(path) || files.some((one) => one.startsWith(path.replace(/\/?$/, "/")));
    deepEqual(paths.filter((path) => !/<|NAME/.test(path) && !exists(path)), []);
    const tasks = [...text.matchAll(/deno task ([a-z:]+)/g)].map(([, task]) => task ?? "");
    const known = Object.keys(JSON.parse(readText("deno.json")).tasks);
    deepEqual(tasks.filter((task) => !known.includes(task)), []);
  });
}

Deno.test("the layers in guides/architecture.md are those of the import rules", () => {
  const rows = sectionOf("The layers").split("\n").flatMap((line) => {
    const [, layer, allowed] = /^\| `(\w+)(?:\.ts|\/)` +\|[^|]+\| ([^|]+) \|$/.exec(line) ?? [];
    return layer === undefined || allowed === undefined ? [] : [{ layer, allowed: allowed.trim() }];
  });
  const words = (text: string | undefined) =>
    (text ?? "").replaceAll("`", "").split(", ").map((word) => word.trim()).filter((word) => word !== "nothing").sort();
  const told = rows.map(({ layer, allowed }) => {
    const [values, types] = allowed.split("; types of ");
    return { layer, values: words(values), types: types === undefined ? [] : words(types) };
  });
  const enforced = Object.entries(MAY_IMPORT).map(([layer, allowed]) => ({
    layer,
    values: [...allowed].sort(),
    types: [...MAY_IMPORT_TYPES[layer] ?? []].sort(),
  }));
  deepEqual(told, enforced);
});

/** An hour of reading. */
const FIRST_FILES_LINES = 700;

Deno.test("the first files of guides/architecture.md are few and short", () => {
  const first = [...sectionOf("Five files").matchAll(/^\d\. `([^`]+)`/gm)].map(([, path]) => path ?? "");
  const lines = first.map((path) => readText(path).split("\n").length - 1);
  ok(first.length === 5 && lines.reduce((sum, one) => sum + one) <= FIRST_FILES_LINES, `${first}: ${lines} lines`);
});
