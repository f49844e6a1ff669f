/**
 * Writes the compatibility table of README.md from what the last runs of the tests here left in `dist/agents/<set>.json`.
 */

import { join } from "node:path";
import { ROOT } from "../support/tree.ts";
import { AGENT_SETS } from "./install.ts";
import { compatibilityTable, type RunResult } from "./results.ts";

const BEGIN = "<!-- compatibility: written by deno task compat -->";
const END = "<!-- end of compatibility -->";

function readRuns(): RunResult[] {
  return AGENT_SETS.map((set): RunResult =>
    JSON.parse(Deno.readTextFileSync(join(ROOT, "dist/agents", `${set}.json`)))
  );
}

if (import.meta.main) {
  const path = join(ROOT, "README.md");
  const text = Deno.readTextFileSync(path);
  const [from, to] = [text.indexOf(BEGIN), text.indexOf(END)];
  if (from < 0 || to < from) throw new Error(`README.md has no "${BEGIN}" before a "${END}"`);
  const table = compatibilityTable(readRuns());
  Deno.writeTextFileSync(path, `${text.slice(0, from + BEGIN.length)}\n\n${table}\n\n${text.slice(to)}`);
  await new Deno.Command(Deno.execPath(), { args: ["fmt", "--quiet", path], cwd: ROOT }).output();
  console.log(table);
}
