/**
 * The guides on a reader: tests/reader has, for each guide, what an agent or a user would ask, with the section that
 * answers it and the key term of the answer. A guide that loses an answer, or gets no questions, fails.
 */

import { deepEqual, ok } from "../support/assert.ts";
import { entriesOf, textOf } from "../support/json.ts";
import { listFiles, readText } from "../support/tree.ts";

/** For those who change harnex: they read the code, too. */
const FOR_BUILDERS = ["guides/architecture.md", "guides/decisions.md", "guides/adapters.md"];

const guides = listFiles(["guides"]).filter((path) => path.endsWith(".md") && !FOR_BUILDERS.includes(path));

interface Question {
  asks: string;
  /** part of exactly one heading */
  section: string;
  /** stands in that section */
  term: string;
}

function questionsFor(path: string): Question[] {
  const file = path.replace(/^guides\//, "tests/reader/").replace(/md$/, "json");
  return entriesOf(JSON.parse(readText(file))).map(([, row]) => {
    const { asks, section, term } = Object.fromEntries(entriesOf(row));
    return { asks: textOf(asks), section: textOf(section), term: textOf(term) };
  });
}

/** Line ends, the padding of tables and capital letters do not count. */
function plain(text: string): string {
  return text.replaceAll(/\s+/g, " ").toLowerCase();
}

/** Each heading with the text up to the next one; a comment in an example is no heading. */
function sectionsOf(markdown: string): { heading: string; text: string }[] {
  const sections: { heading: string; lines: string[] }[] = [];
  let fenced = false;
  for (const line of markdown.split("\n")) {
    if (line.startsWith("```")) fenced = !fenced;
    const heading = fenced ? undefined : /^#+ (.+)$/.exec(line)?.[1];
    if (heading === undefined) sections.at(-1)?.lines.push(line);
    else sections.push({ heading, lines: [] });
  }
  return sections.map(({ heading, lines }) => ({ heading, text: lines.join("\n") }));
}

/** Why a guide does not answer a question; undefined when it does. */
function problemWith({ asks, section, term }: Question, markdown: string): string | undefined {
  const found = sectionsOf(markdown).filter(({ heading }) => plain(heading).includes(plain(section)));
  const [only] = found;
  if (only === undefined || found.length > 1) return `${asks} ${found.length} headings have "${section}"`;
  if (term === "" || !plain(only.text).includes(plain(term))) return `${asks} "${only.heading}" lacks "${term}"`;
  return undefined;
}

for (const path of guides) {
  Deno.test(`${path} answers its readers`, () => {
    const questions = questionsFor(path);
    ok(questions.length > 0);
    const text = readText(path);
    deepEqual(questions.flatMap((question) => problemWith(question, text) ?? []), []);
    const asked = questions.map(({ asks }) => asks);
    deepEqual(asked, [...new Set(asked)], "a question is there twice");
  });
}

Deno.test("a guide without its answer is found", () => {
  const guide =
    "# Guide\n\nFirst words.\n\n## Waiting\n\nUse `--any`,\nor wait.\n\n```sh\n# Stopping\n```\n\n## Ending\n";
  const right = { asks: "How?", section: "waiting", term: "`--any`, or" };
  deepEqual(problemWith(right, guide), undefined);
  const wrong = [{ section: "Stopping" }, { section: "Ending" }, { section: "ing" }, { term: "First" }, { term: "" }];
  deepEqual(wrong.filter((part) => problemWith({ ...right, ...part }, guide) === undefined), []);
});

Deno.test("every list of questions belongs to a guide", () => {
  const lists = listFiles(["tests"]).filter((path) => path.startsWith("tests/reader/"));
  deepEqual(lists, guides.map((path) => path.replace(/^guides\//, "tests/reader/").replace(/md$/, "json")).sort());
});
