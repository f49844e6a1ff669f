/**
 * Puts small mutations into copies of the program, one at a time, and runs the fast tests that should catch each:
 * `deno task mutate [word…]`, of which only mutations with one of the words in their file or description are tried.
 * `--check` only looks whether each still has its place. Exits 1 when one survived, or has no place any more.
 */

import { join } from "node:path";
import { concurrently } from "../support/concurrently.ts";
import { tempDir } from "../support/temp.ts";
import { ROOT } from "../support/tree.ts";
import { within } from "../support/within.ts";
import { judgeRun, mutate, type Mutation, type Verdict } from "./mutation.ts";
import { MUTATIONS } from "./mutations.ts";

/** For a machine with two cores: each run keeps one busy. */
const AT_ONCE = 2;
/** The slowest of these test files takes a few seconds; a fault that makes one hang is caught, too. */
const TEST_MS = 60_000;
/** What the tests read. */
const COPIED = ["src", "tests", "guides", "README.md", "CHANGELOG.md", "deno.json", "deno.lock"];

const NO_COLOUR = { NO_COLOR: "1", DENO_NO_UPDATE_CHECK: "1" };

function chooseMutations(words: readonly string[]): readonly Mutation[] {
  const has = ({ file, what }: Mutation, word: string) => `${file} ${what}`.toLowerCase().includes(word.toLowerCase());
  return words.length === 0 ? MUTATIONS : MUTATIONS.filter((mutation) => words.some((word) => has(mutation, word)));
}

/** Those whose text does not stand in its file once, each with why. */
function findMisplaced(mutations: readonly Mutation[]): string[] {
  return mutations.flatMap((mutation) => {
    try {
      mutate(Deno.readTextFileSync(join(ROOT, mutation.file)), mutation);
      return [];
    } catch (error) {
      return [error instanceof Error ? error.message : String(error)];
    }
  });
}

async function copyTree(folder: string): Promise<void> {
  const { code } = await new Deno.Command("cp", { args: ["-R", ...COPIED, folder], cwd: ROOT }).output();
  if (code !== 0) throw new Error(`the tree could not be copied to ${folder}`);
}

async function runTests(
  folder: string,
  tests: readonly string[],
): Promise<{ code: number | "timeout"; output: string }> {
  const child = new Deno.Command(Deno.execPath(), {
    args: ["test", "-A", "--frozen", "--no-check", "--fail-fast", ...tests],
    cwd: folder,
    env: NO_COLOUR,
    stdin: "null",
    stdout: "piped",
    stderr: "piped",
  }).spawn();
  const ended = child.output();
  try {
    const { code, stdout, stderr } = await within(TEST_MS, ended, "the end of the tests");
    const decoder = new TextDecoder();
    return { code, output: decoder.decode(stdout) + decoder.decode(stderr) };
  } catch {
    child.kill("SIGKILL");
    await ended;
    return { code: "timeout", output: "" };
  }
}

async function tryMutation(folder: string, mutation: Mutation): Promise<Verdict> {
  const path = join(folder, mutation.file);
  const text = Deno.readTextFileSync(path);
  Deno.writeTextFileSync(path, mutate(text, mutation));
  try {
    return judgeRun(await runTests(folder, mutation.tests));
  } finally {
    Deno.writeTextFileSync(path, text);
  }
}

/** The tests must pass without a mutation, or nothing that they say counts. */
async function checkTests(folder: string, mutations: readonly Mutation[]): Promise<boolean> {
  const tests = [...new Set(mutations.flatMap((mutation) => mutation.tests))].sort();
  const { code, output } = await runTests(folder, tests);
  if (code === 0) return true;
  console.log(`the tests do not pass without any mutation:\n${output}`);
  return false;
}

async function main(args: readonly string[]): Promise<number> {
  const mutations = chooseMutations(args.filter((word) => word !== "--check"));
  const misplaced = findMisplaced(mutations);
  for (const problem of misplaced) console.log(`MISPLACED ${problem}`);
  if (args.includes("--check")) {
    console.log(`${mutations.length - misplaced.length} in place, ${misplaced.length} misplaced`);
    return misplaced.length === 0 ? 0 : 1;
  }
  if (misplaced.length > 0) return 1;

  using dir = tempDir();
  const folders = Array.from({ length: AT_ONCE }, (_, index) => dir.join(`copy-${index}`));
  for (const folder of folders) {
    Deno.mkdirSync(folder);
    await copyTree(folder);
  }
  if (!(await checkTests(folders[0] ?? "", mutations))) return 1;

  const counts: Record<Verdict, number> = { caught: 0, survived: 0, broken: 0 };
  await concurrently(AT_ONCE, mutations, async (mutation) => {
    const folder = folders.pop();
    if (folder === undefined) throw new Error("more runs than copies");
    const verdict = await tryMutation(folder, mutation);
    folders.push(folder);
    counts[verdict]++;
    console.log(`${verdict === "caught" ? "caught  " : verdict.toUpperCase()} ${mutation.file}: ${mutation.what}`);
  });
  if (counts.broken > 0) console.log(`${counts.broken} could not be loaded: a fault must leave a program that runs`);
  console.log(`${counts.caught} caught, ${counts.survived + counts.broken} survived`);
  return counts.caught === mutations.length ? 0 : 1;
}

Deno.exit(await main(Deno.args));
