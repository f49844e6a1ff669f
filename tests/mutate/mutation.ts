/** One small fault in the product, and how it is put into a file. Pure. */

export interface Mutation {
  /** what goes wrong with it, as a sentence about the program */
  what: string;
  /** of `src/` */
  file: string;
  /** the exact text that it replaces; stands in the file once */
  find: string;
  replace: string;
  /** the fast tests that must fail with it */
  tests: readonly string[];
}

/** The file's text with the fault in it. Throws unless what it replaces stands there exactly once. */
export function mutate(text: string, { file, find, replace }: Pick<Mutation, "file" | "find" | "replace">): string {
  const count = text.split(find).length - 1;
  if (count === 1) return text.replace(find, () => replace);
  const where = count === 0 ? "does not stand" : `stands ${count} times`;
  throw new Error(`${JSON.stringify(find)} ${where} in ${file}`);
}

export type Verdict = "caught" | "survived" | "broken";

/** How Deno says that a test waits for what will never come. */
const NEVER_ENDS = "event loop has already resolved";

/**
 * What a run of `deno test` says about a fault: caught by a failed test, or by one that never ended; broken when the
 * program could not even be loaded, so that no test had a say.
 */
export function judgeRun({ code, output }: { code: number | "timeout"; output: string }): Verdict {
  if (code === "timeout") return "caught";
  if (code === 0) return "survived";
  if (output.includes(NEVER_ENDS)) return "caught";
  const [, passed, failed] = /(\d+) passed(?: \(\d+ steps?\))? \| (\d+) failed/.exec(output) ?? [];
  const isLoaded = failed !== undefined &&
    !/The module's source code could not be parsed|\(uncaught error\)/.test(output);
  return isLoaded && Number(failed) > 0 && Number(passed) + Number(failed) > 0 ? "caught" : "broken";
}

export type Row = readonly [what: string, find: string, replace: string];

/** Several faults of one file, for the same tests. */
export function inFile(file: string, tests: readonly string[], rows: readonly Row[]): Mutation[] {
  return rows.map(([what, find, replace]) => ({ file, tests, what, find, replace }));
}
