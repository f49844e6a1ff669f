/**
 * The guides on a reader: tests/reader has, for each guide, what an agent or a person would ask, with the words of the
 * guide that answer it. A guide that loses an answer, or gets no questions, fails.
 */

import { deepEqual, ok } from "../support/assert.ts";
import { entriesOf, textOf } from "../support/json.ts";
import { listFiles, readText } from "../support/tree.ts";

const LEAST = 8;
/** For those who change harnex: they read the code, too. */
const FOR_BUILDERS = ["guides/architecture.md", "guides/decisions.md", "guides/adapters.md"];

const guides = listFiles(["guides"]).filter((path) => path.endsWith(".md") && !FOR_BUILDERS.includes(path));

/** Line ends and the padding of tables do not count. */
function plain(text: string): string {
  return text.replaceAll(/\s+/g, " ");
}

function questionsFor(path: string): { asks: string; answer: string }[] {
  const file = path.replace(/^guides\//, "tests/reader/").replace(/md$/, "json");
  return entriesOf(JSON.parse(readText(file))).map(([, row]) => {
    const { asks, answer } = Object.fromEntries(entriesOf(row));
    return { asks: textOf(asks), answer: textOf(answer) };
  });
}

for (const path of guides) {
  Deno.test(`${path} answers its readers`, () => {
    const questions = questionsFor(path);
    ok(questions.length >= LEAST, `only ${questions.length} questions`);
    const text = plain(readText(path));
    deepEqual(questions.filter(({ answer }) => !text.includes(plain(answer))), []);
    deepEqual(questions.filter(({ asks, answer }) => asks.length < 10 || answer.length < 10), []);
    deepEqual([new Set(questions.map(({ asks }) => asks)).size, new Set(questions.map(({ answer }) => answer)).size], [
      questions.length,
      questions.length,
    ], "a question or an answer is there twice");
  });
}

Deno.test("every list of questions belongs to a guide", () => {
  const lists = listFiles(["tests"]).filter((path) => path.startsWith("tests/reader/"));
  deepEqual(lists, guides.map((path) => path.replace(/^guides\//, "tests/reader/").replace(/md$/, "json")).sort());
});
