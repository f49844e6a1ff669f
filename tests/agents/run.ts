/**
 * Runs the tests here with one set of agents, `pinned` or `latest`, each file in a process of its own, two at a time,
 * and leaves what it found in `dist/agents/<set>.json`. Files that are named are run alone; what an earlier run with the
 * same versions found in the others stays there.
 *
 *   --newest   first takes what npm calls the latest versions today
 *   --lenient  known failures are a warning, and so are those of agents newer than `known_latest_failures.json`
 *   --accept   writes `known_latest_failures.json` from what fails now
 *   --traces   keeps the folders of the tests of failed files in `dist/agents/traces`, and runs those files once more
 *              with the hook calls recorded
 *   --minutes N  ends by itself after N minutes; files that did not get their turn count as failed
 */

import { join } from "node:path";
import { ROOT } from "../support/tree.ts";
import { AGENT_NAMES, AGENT_SETS, type AgentSet, agentVersion, installAgents } from "./install.ts";
import {
  type KnownFailures,
  newFailures,
  OUT_OF_TIME,
  readJunit,
  type RunResult,
  type TestResult,
  titleOf,
} from "./results.ts";

/** Each file may run a few agents at once; a machine with two cores has no room for more. */
const FILES_AT_ONCE = 2;
const MINUTE_MS = 60_000;

interface RunOptions {
  set: AgentSet;
  files: readonly string[];
  lenient: boolean;
  traces: boolean;
  deadline: AbortSignal;
}

function readOptions(args: readonly string[]): RunOptions & { newest: boolean; accepts: boolean } {
  const set = AGENT_SETS.find((each) => args.includes(each));
  if (set === undefined) throw new Error(`name a set: ${AGENT_SETS.join(" or ")}`);
  const at = args.indexOf("--minutes");
  const minutes = at < 0 ? Infinity : Number(args[at + 1]);
  const flag = (name: string) => args.includes(name);
  const named = args.filter((arg) => arg.endsWith("_test.ts"));
  return {
    set,
    files: named.length > 0 ? named : listFiles(),
    newest: flag("--newest"),
    accepts: flag("--accept"),
    lenient: flag("--lenient"),
    traces: flag("--traces"),
    deadline: Number.isFinite(minutes) ? AbortSignal.timeout(minutes * MINUTE_MS) : new AbortController().signal,
  };
}

/** The test files, large ones first: they take longest. */
function listFiles(): string[] {
  const folder = join(ROOT, "tests/agents");
  const names = [...Deno.readDirSync(folder)].map(({ name }) => name).filter((name) => name.endsWith("_test.ts"));
  const size = (name: string) => Deno.statSync(join(folder, name)).size;
  return names.sort((a, b) => size(b) - size(a)).map((name) => `tests/agents/${name}`);
}

interface FileRun {
  tests: TestResult[];
  text: string;
  isGood: boolean;
}

/** Runs one file. `traces` is where its tests leave their folders. */
async function runFile(
  file: string,
  { set, deadline, traces, hooks }: { set: AgentSet; deadline: AbortSignal; traces: string | undefined; hooks?: true },
): Promise<FileRun> {
  if (deadline.aborted) return unfinished(file, "");
  const report = await Deno.makeTempFile({ prefix: "harnex-junit-" });
  try {
    const child = new Deno.Command(Deno.execPath(), {
      args: ["test", "-A", "--frozen", "--no-check", `--junit-path=${report}`, file],
      cwd: ROOT,
      env: {
        HARNEX_AGENT_SET: set,
        NO_COLOR: "1",
        ...(traces === undefined ? {} : { HARNEX_KEEP_DIR: traces }),
        ...(hooks === undefined ? {} : { HARNEX_KEEP_HOOKS: "1" }),
      },
      stdin: "null",
      signal: deadline,
    });
    const { success, stdout, stderr } = await child.output();
    const text = new TextDecoder().decode(stdout) + new TextDecoder().decode(stderr);
    const tests = readJunit(await Deno.readTextFile(report));
    if (tests.length === 0 && !success) return unfinished(file, text);
    return { tests, text, isGood: success };
  } finally {
    await Deno.remove(report);
  }
}

function unfinished(file: string, text: string): FileRun {
  return {
    tests: [{ file, name: OUT_OF_TIME, outcome: "failed" }],
    text: `${text}\n${file} ${OUT_OF_TIME}\n`,
    isGood: false,
  };
}

async function runAll(options: RunOptions): Promise<TestResult[]> {
  const waiting = [...options.files];
  const tests: TestResult[] = [];
  const traces = join(ROOT, "dist/agents/traces", options.set);
  if (options.traces) await Deno.mkdir(traces, { recursive: true });
  async function work(): Promise<void> {
    for (let file = waiting.shift(); file !== undefined; file = waiting.shift()) {
      const folder = options.traces ? join(traces, file.split("/").at(-1) ?? "") : undefined;
      const run = await runFile(file, { ...options, traces: folder });
      // Indented, its summary line is not taken for one that counts.
      console.log(options.lenient ? run.text.replaceAll(/^/gm, "  ") : run.text);
      tests.push(...run.tests);
      if (folder === undefined) continue;
      if (run.isGood) await Deno.remove(folder, { recursive: true }).catch(() => {});
      else await runFile(file, { ...options, traces: join(folder, "again"), hooks: true });
    }
  }
  await Promise.all(Array.from({ length: FILES_AT_ONCE }, work));
  return tests;
}

async function writeResult(found: readonly TestResult[], { set, files }: RunOptions): Promise<RunResult> {
  const versions = Object.fromEntries(AGENT_NAMES.map((name) => [name, agentVersion(name, set)]));
  const path = join(ROOT, "dist/agents", `${set}.json`);
  const before = await readResult(path);
  const isSame = JSON.stringify(before?.versions) === JSON.stringify(versions);
  const kept = before !== undefined && isSame ? before.tests.filter(({ file }) => !files.includes(file)) : [];
  const result: RunResult = {
    set,
    date: new Date().toISOString().slice(0, "2026-01-01".length),
    platform: `${Deno.build.os}-${Deno.build.arch}`,
    versions,
    tests: [...kept, ...found].sort((a, b) => titleOf(a) < titleOf(b) ? -1 : 1),
  };
  await Deno.mkdir(join(ROOT, "dist/agents"), { recursive: true });
  await Deno.writeTextFile(path, JSON.stringify(result, null, 2) + "\n");
  return { ...result, tests: found };
}

async function readResult(path: string): Promise<RunResult | undefined> {
  try {
    return JSON.parse(await Deno.readTextFile(path));
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return undefined;
    throw error;
  }
}

const KNOWN = new URL("known_latest_failures.json", import.meta.url);

async function accept({ versions, tests }: RunResult): Promise<void> {
  const failures = tests.filter(({ outcome }) => outcome === "failed").map(titleOf).sort();
  const known: KnownFailures = { versions, failures };
  await Deno.writeTextFile(KNOWN, JSON.stringify(known, null, 2) + "\n");
}

/** Says what failed; whether that is an error. */
async function isError(result: RunResult, { lenient, set }: RunOptions): Promise<boolean> {
  const failed = result.tests.filter(({ outcome }) => outcome === "failed").map(titleOf);
  const passed = result.tests.filter(({ outcome }) => outcome === "passed").length;
  if (!lenient) return failed.length > 0;
  const known: KnownFailures = JSON.parse(await Deno.readTextFile(KNOWN));
  const worse = newFailures(result, known);
  const gone = known.failures.filter((title) =>
    result.tests.some((test) => test.outcome === "passed" && titleOf(test) === title)
  );
  const rest = failed.filter((title) => !worse.includes(title));
  const list = (what: string, titles: readonly string[]) =>
    titles.length > 0 && console.log([`\n${what}:`, ...titles].join("\n  "));
  list(`WARNING: fails with the ${set} agents, and holds up nothing`, rest);
  list("no longer fails; take it out of known_latest_failures.json", gone);
  list(`fails with the ${set} agents, and did not before`, worse);
  // The line that counts, in the words of `deno test`.
  console.log(`\n${worse.length === 0 ? "ok" : "FAILED"} | ${passed} passed | ${worse.length} failed`);
  return worse.length > 0;
}

if (import.meta.main) {
  const { newest, accepts, ...options } = readOptions(Deno.args);
  await installAgents([options.set], { newest });
  const result = await writeResult(await runAll(options), options);
  if (accepts) await accept(result);
  Deno.exit(await isError(result, options) ? 1 : 0);
}
