/** The texts use the words of guides/glossary.md, and none of the words that these replace. */

import { TABLE } from "../../src/cli/program.ts";
import { renderCommand, renderOverview } from "../../src/cli/ui/help.ts";
import { deepEqual, ok } from "../support/assert.ts";
import { listFences } from "../support/examples.ts";
import { COMMANDS } from "../support/program.ts";
import { listFiles, readText } from "../support/tree.ts";

const GLOSSARY = "guides/glossary.md";

/** Where a replaced word is right: the words around it, each with its reason. */
const ALLOWED: readonly { path: string; words: string; reason: string }[] = [];

/** The quoted words in the last column of the glossary's tables. */
function replacedWords(): string[] {
  const rows = readText(GLOSSARY).split("\n").filter((line) => line.startsWith("|"));
  return rows.flatMap((row) => [...(row.split("|").at(-2) ?? "").matchAll(/"([^"]+)"/g)].map(([, word]) => word ?? ""));
}

const REPLACED = replacedWords().map((word) => ({
  word,
  pattern: new RegExp(`(?<![\\w-])${word.replaceAll(" ", "\\s+")}(?![\\w-])`, "gi"),
}));

/** Prose alone: no examples, no inline code, no names of tests. What is left out leaves its line ends. */
function proseOf(markdown: string): string {
  const lines = markdown.split("\n");
  for (const { line, lines: inside } of listFences(markdown)) {
    inside.forEach((_, index) => lines[line - 1 + index] = "");
  }
  const kept = lines.map((text) => /^- tests\/\S+ › /.test(text) ? "" : text).join("\n");
  return kept.replaceAll(/`[^`]*`/g, (code) => code.replaceAll(/[^\n]/g, "·"));
}

/** Each replaced word in a text, with its place and the words around it. */
function findReplaced(path: string, prose: string): string[] {
  return REPLACED.flatMap(({ word, pattern }) =>
    [...prose.matchAll(pattern)].flatMap(({ index, 0: found }) => {
      const around = prose.slice(Math.max(0, index - 40), index + found.length + 40).replaceAll(/\s+/g, " ").trim();
      if (ALLOWED.some((entry) => entry.path === path && around.includes(entry.words))) return [];
      return [`${path}:${prose.slice(0, index).split("\n").length}: "${word}" in: ${around}`];
    })
  );
}

/** Texts that still wait for their turn. One that is clean has to leave this list. */
const NOT_YET: readonly string[] = ["guides/api.md"];

const documents = ["README.md", "AGENTS.md", "CHANGELOG.md", ...listFiles(["guides", ".github"])];
const texts = new Map<string, () => string>([
  ...documents.filter((path) => path.endsWith(".md") && path !== GLOSSARY).map((path) =>
    [path, () => proseOf(readText(path))] as const
  ),
  ["help", () => [renderOverview(TABLE.rows), ...COMMANDS.map(renderCommand)].join("\n")],
]);

for (const [name, read] of texts) {
  Deno.test(`${name} uses the words of the glossary`, () => {
    const found = findReplaced(name, read());
    if (NOT_YET.includes(name)) ok(found.length > 0, `${name} is clean: take it out of NOT_YET`);
    else deepEqual(found, []);
  });
}

Deno.test("the search for replaced words finds them, across line ends, and not in code", () => {
  const found = ["Whoever asks", "is told\non stderr", "the person's keys", "all that it\n  started"];
  for (const text of found) ok(findReplaced("text", proseOf(text)).length > 0, text);
  const fine = [
    "`nobody`",
    "```sh\nis told\n```",
    "- tests/a_test.ts › who asks is told",
    "babysitters-club",
    "personal",
  ];
  for (const text of fine) deepEqual(findReplaced("text", proseOf(text)), []);
});

Deno.test("every exception is still needed", () => {
  deepEqual(ALLOWED.filter(({ path, words }) => !readText(path).replaceAll(/\s+/g, " ").includes(words)), []);
});
