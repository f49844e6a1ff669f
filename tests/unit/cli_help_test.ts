/**
 * Help texts: compared with the snapshots in tests/help, and held to the rules that every one of them keeps.
 * After a wanted change: UPDATE_SNAPSHOTS=1 deno test -A tests/unit/cli_help_test.ts
 */

import { join } from "node:path";
import { HELP_WIDTH, renderCommand, renderOverview } from "../../src/cli/ui/help.ts";
import { isHidden } from "../../src/cli/parser/description.ts";
import { TABLE } from "../../src/cli/program.ts";
import { deepEqual, equal, ok } from "../support/assert.ts";
import { COMMANDS, readInProcess } from "../support/program.ts";
import { listFiles, readText, ROOT } from "../support/tree.ts";

const REFRESH = "UPDATE_SNAPSHOTS=1 deno test -A tests/unit/cli_help_test.ts";
const shown = COMMANDS.filter(({ name }) => !isHidden(name));
const texts = new Map([
  ["tests/help/overview.txt", renderOverview(TABLE.rows)],
  ...shown.map((command) => [`tests/help/${command.name}.txt`, renderCommand(command)] as const),
]);

for (const [path, text] of texts) {
  Deno.test(`help matches ${path}`, () => {
    if (Deno.env.get("UPDATE_SNAPSHOTS") === "1") Deno.writeTextFileSync(join(ROOT, path), text);
    equal(text, readText(path), `help has changed; if that is wanted: ${REFRESH}`);
  });
}

Deno.test("every snapshot belongs to a command", () => {
  deepEqual(listFiles(["tests"]).filter((path) => path.startsWith("tests/help/")), [...texts.keys()].sort());
});

Deno.test("help fits into 80 columns and ends every line cleanly", () => {
  const wrong = [...texts].flatMap(([path, text]) =>
    text.split("\n").filter((line) => line.length > HELP_WIDTH || line !== line.trimEnd()).map((line) =>
      `${path}: ${line}`
    )
  );
  deepEqual(wrong, []);
});

Deno.test("the overview names the texts for people and for agents", () => {
  const overview = renderOverview(TABLE.rows);
  for (const words of ["harnex guide", "harnex agents-guide", "Common patterns:", "Gotchas:", "EXIT STATUS"]) {
    ok(overview.includes(words), words);
  }
});

Deno.test("every command has two examples, a gotcha and its exit statuses", () => {
  for (const { name, examples, gotchas, exitStatus } of shown) {
    deepEqual([examples.length, gotchas.length > 0, exitStatus[0]?.[0]], [2, true, "0"], name);
  }
});

Deno.test("every help text has its parts, each once and in order, and one paragraph", () => {
  for (const command of shown) {
    const text = renderCommand(command);
    const [usage = "", paragraph = "", ...parts] = text.trimEnd().split("\n\n");
    ok(usage.startsWith(`Usage: harnex ${command.name}`), command.name);
    ok(/^[A-Z][^\n]*(?:\n[^\s][^\n]*)*\.$/.test(paragraph), `${command.name}: ${paragraph}`);
    const titles = parts.map((part) => part.split("\n")[0]).filter((title) => title !== "Arguments:");
    deepEqual(titles, ["Options:", "Common patterns:", "Gotchas:", "EXIT STATUS"], command.name);
    equal(command.arguments.length > 0, text.includes("\nArguments:\n"), command.name);
    const codes = command.exitStatus.map(([code]) => code);
    equal(new Set(codes).size, codes.length, command.name);
    ok(codes.includes("2"), `${command.name} says nothing of a usage error`);
  }
});

Deno.test("every example is a command line that is understood", () => {
  const lines = [
    ...shown.flatMap(({ examples }) => examples.map(({ command }) => command)),
    ...renderOverview(TABLE.rows).split("\n").filter((line) => /^ {2}harnex (?!.*( {3}|<))/.test(line)),
  ];
  ok(lines.length > 30);
  for (const line of lines) {
    for (const argv of harnexCalls(line)) {
      if (argv[0] !== "--version") readInProcess(argv);
    }
  }
});

/** The calls of harnex in a line of shell, as far as examples go: quotes, `$(…)`, `|`, `<` and `>`. */
function harnexCalls(line: string): string[][] {
  const inner = /\$\((harnex [^)]*)\)/.exec(line)?.[1];
  const [call = ""] = (inner ?? line).trim().split(/\s[|<>]\s/);
  const words = [...call.matchAll(/"([^"]*)"|(\S+)/g)].map((found) => found[1] ?? found[2] ?? "");
  equal(words[0], "harnex", line);
  return [words.slice(1)];
}
