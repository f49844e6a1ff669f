/** guides/configuration.md has every environment variable that is read or set, and no other. */

import { deepEqual, ok } from "../support/assert.ts";
import { environmentNames, wordsIn } from "../support/env_names.ts";
import { listFiles, readText } from "../support/tree.ts";

/** Between harnex's own processes; an agent never sees them. */
const INTERNAL = /^HARNEX_SHIM_/;
/** Named by a test because it does not exist. */
const ABSENT = ["HARNEX_TOKEN"];

const guide = readText("guides/configuration.md");
const files = listFiles(["src", "tests", ".ci", ".github", "deno.json"]).filter((path) =>
  !path.startsWith("tests/golden/") && !path.startsWith("tests/surface/") && !path.endsWith("configuration_test.ts")
);
const modules = files.filter((path) => path.endsWith(".ts")).map((path) => ({
  path,
  ...environmentNames(path, readText(path)),
}));

Deno.test("every environment variable in the code is in guides/configuration.md", () => {
  // What a test gives to a program of its own is not harnex's, unless it says so by its name.
  const used = new Set(
    modules.flatMap(({ path, read }) =>
      [...read].filter((name) => path.startsWith("src/") || name.startsWith("HARNEX_"))
    ),
  );
  ok(used.has("HARNEX_STATE_DIR") && used.has("XDG_STATE_HOME"));
  // Of several with one beginning, the guide may write the others as `…_TRACES_HEADERS`.
  const spellings = (name: string) => [name, name.replace(/^OTEL_EXPORTER_OTLP_/, "…_")];
  const told = (name: string) =>
    spellings(name).some((spelling) => new RegExp(`\`[^\`]*(?<!\\w)${spelling}\\b[^\`]*\``).test(guide));
  const missing = [...used].filter((name) => !INTERNAL.test(name) && !ABSENT.includes(name) && !told(name));
  deepEqual(missing.sort(), []);
});

Deno.test("every environment variable in the tables of guides/configuration.md is in the code", () => {
  const rows = [...guide.matchAll(/^\| ((?:`[A-Z][A-Z_]+`(?:, )?)+) +\|/gm)].map(([, cell]) => cell ?? "");
  const told = rows.flatMap((cell) => [...cell.matchAll(/`(\w+)`/g)].map(([, name]) => name ?? ""));
  ok(told.includes("HARNEX_STATE_DIR"));
  const scripts = files.filter((path) => !path.endsWith(".ts")).flatMap((path) => wordsIn(readText(path)));
  const named = new Set([...scripts, ...modules.flatMap(({ mentioned }) => [...mentioned])]);
  deepEqual(told.filter((name) => !named.has(name)), []);
});

Deno.test("environmentNames() finds each way to read a variable, and none in a comment", () => {
  const source = [
    "// env.IN_COMMENT, HARNEX_COMMENT",
    'f(env.PLAIN, platform.env["QUOTED"], platform.env?.OPTIONAL);',
    "const { TAKEN: name } = env;",
    'setting(env, "SET"); Deno.env.get("GOT"); map.get("OTHER");',
    'const option = text({ env: "OPTION", help: "OTHER" });',
    'run({ env: { HARNEX_GIVEN: "x", OTHER: "y" } }, "HARNEX_WORD=1 harnex");',
    'f(process.exit, Signals.SIGTERM, "ENOSPC");',
  ].join("\n");
  const read = ["GOT", "HARNEX_GIVEN", "HARNEX_WORD", "OPTION", "OPTIONAL", "PLAIN", "QUOTED", "SET", "TAKEN"];
  const names = environmentNames("a.ts", source);
  deepEqual([...names.read].sort(), read);
  deepEqual([...names.mentioned].sort(), [...read, "ENOSPC", "OTHER"].sort());
});
