/** guides/configuration.md has every environment variable that is read or set, and no other. */

import { deepEqual, ok } from "../support/assert.ts";
import { listFiles, readText } from "../support/tree.ts";

/** Between harnex's own processes; an agent never sees them. */
const INTERNAL = /^HARNEX_SHIM_/;
/** Named by a test because it does not exist. */
const ABSENT = ["HARNEX_TOKEN"];

const READ_IN_PRODUCT: readonly RegExp[] = [
  /\benv\??(?:\.|\[")([A-Z][A-Z_0-9]+)\b/g,
  /\benv: "([A-Z][A-Z_0-9]+)"/g,
];
const READ: readonly RegExp[] = [
  /\bDeno\.env\.get\("(\w+)"\)/g,
  /\$\{?(XDG_\w+)/g,
  /\b(HARNEX_[A-Z_]+)\b/g,
];

const guide = readText("guides/configuration.md");
const files = listFiles(["src", "tests", ".ci", ".github", "deno.json"]).filter((path) =>
  !path.startsWith("tests/golden/") && !path.endsWith("configuration_test.ts")
);
const used = new Set(
  files.flatMap((path) =>
    [...READ, ...(path.startsWith("src/") ? READ_IN_PRODUCT : [])].flatMap((pattern) =>
      [...readText(path).matchAll(pattern)].map(([, name]) => name ?? "")
    )
  ),
);

Deno.test("every environment variable in the code is in guides/configuration.md", () => {
  ok(used.has("HARNEX_STATE_DIR"));
  const missing = [...used].filter((name) =>
    !INTERNAL.test(name) && !ABSENT.includes(name) && !new RegExp(`\`[^\`]*\\b${name}\\b[^\`]*\``).test(guide)
  );
  deepEqual(missing.sort(), []);
});

Deno.test("every environment variable in the tables of guides/configuration.md is in the code", () => {
  const rows = [...guide.matchAll(/^\| ((?:`[A-Z][A-Z_]+`(?:, )?)+) +\|/gm)].map(([, cell]) => cell ?? "");
  const told = rows.flatMap((cell) => [...cell.matchAll(/`(\w+)`/g)].map(([, name]) => name ?? ""));
  ok(told.includes("HARNEX_STATE_DIR"));
  const all = files.map(readText).join("\n");
  deepEqual(told.filter((name) => !new RegExp(`\\b${name}\\b`).test(all)), []);
});
