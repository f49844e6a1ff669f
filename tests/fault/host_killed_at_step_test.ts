/**
 * The host killed before, or in the middle of, each step that its main flow takes: whatever it was doing, nothing
 * runs on, whoever asks is told one truth, and the id can be used again.
 */

import { join } from "node:path";
import { deepEqual, equal, match, ok } from "../support/assert.ts";
import { concurrently } from "../support/concurrently.ts";
import { partOf } from "../support/ledger.ts";
import { untilGone } from "../support/processes.ts";
import { sample } from "../support/sample.ts";
import { createSessions, exists, type Json, parseJson, type Sessions } from "../support/sessions.ts";

const ignore = Deno.build.os !== "linux"; // looks for what is left in /proc
const GONE_MS = 5_000;
/** More sessions at once than this only wait for each other on two cores. */
const AT_ONCE = 4;
/** Steps that divide the main flow: claim, address, plan, open, start, serve, run, account. */
const FLOW = /^(tryLock|serve|openAppend|spawn|append|replace|remove|release)/;
/** Besides the first of each of those; `HARNEX_FAULT_STEPS=all` tries every one. */
const SAMPLED = 8;

const AGENT = ["repl"];
const SUMMARY = "summary.jsonl";
const EXIT_REASONS = ["success", "lost"];

/** A session with a turn, then a stop; every part may fail, because the host dies somewhere in between. */
async function live(sessions: Sessions, fault: string): Promise<string[]> {
  const env = { HARNEX_FAULT: fault };
  const said: string[] = [];
  const run = async (...args: string[]) => {
    const { code, stderr } = await sessions.run(args, { env });
    said.push(stderr);
    return code === 0;
  };
  if (await run("run", "--detach", "--timeout", "30", "--id", "k", "--summary-out", SUMMARY, ...AGENT)) {
    await run("send", "--id", "k", "--timeout", "10", "--wait-for-idle", "hello");
    await run("stop", "--id", "k", "--wait", "--timeout", "10");
  }
  return said;
}

/** The steps of a whole session, in order: the operation, and the folder that its file is in. */
async function trace(): Promise<string[]> {
  await using sessions = createSessions();
  const path = join(sessions.sandbox.path, "trace");
  await live(sessions, `trace ${path}`);
  await untilGone(`=${sessions.sandbox.stateDir}`, GONE_MS);
  const steps = Deno.readTextFileSync(path).trim().split("\n");
  ok(steps.some((step) => step.startsWith("releaseGuard")), "the traced session did not come to its end");
  return steps.filter((step) => !step.includes("harnex-test")); // a folder of this run alone
}

/** `kill append events 2` for each step that was seen: named by what it does, it is the same in every run. */
function faultsOf(steps: readonly string[]): { first: string[]; others: string[] } {
  const found = { first: new Array<string>(), others: new Array<string>() };
  for (const [index, step] of steps.entries()) {
    const nth = steps.slice(0, index + 1).filter((other) => other === step).length;
    const into = nth === 1 && FLOW.test(step) ? found.first : found.others;
    into.push(`kill ${step} ${nth}`);
    if (/^(append|replace) /.test(step)) found.others.push(`tear ${step} ${nth}`);
  }
  return found;
}

/** What is in the folders of the state directory. */
function listLeft({ sandbox: { stateDir } }: Sessions): string[] {
  const folders = [...Deno.readDirSync(stateDir)].filter(({ isDirectory }) => isDirectory).map(({ name }) => name);
  return folders.flatMap((folder) =>
    [...Deno.readDirSync(join(stateDir, folder))].map(({ name }) => `${folder}/${name}`)
  );
}

/** The objects in a file of lines; a torn line is passed over, as every reader does. */
function linesOf(path: string): Json[] {
  const lines = exists(path) ? Deno.readTextFileSync(path).split("\n") : [];
  return lines.filter((line) => line.endsWith("}") && line.startsWith("{")).map((line) => parseJson(line));
}

/** The events of each run, oldest first. */
function runsOf(sessions: Sessions): Json[][] {
  const runs = new Map<unknown, Json[]>();
  for (const event of linesOf(sessions.files("k").events)) {
    const run = runs.get(event["session_id"]) ?? [];
    runs.set(event["session_id"], [...run, event]);
  }
  return [...runs.values()];
}

async function check(fault: string): Promise<void> {
  await using sessions = createSessions();
  const said = await live(sessions, fault);
  await untilGone(`=${sessions.sandbox.stateDir}`, GONE_MS);
  for (const text of said) ok(text.split("\n").length <= 2, `more than one line: ${text}`);

  // Who asks now, before anybody has tidied up.
  equal((await sessions.run(["status", "--json"])).stdout, "[]\n");
  const waited = await sessions.run(["wait", "--id", "k", "--timeout", "5"]);
  const told = waited.stdout === "" ? undefined : parseJson(waited.stdout);
  if (told === undefined) match(waited.stderr, /^harnex wait: no active session "k"[^\n]*\n$/);
  else ok(EXIT_REASONS.includes(String(told["reason"])), waited.stdout);
  const before = (await sessions.run(["history", "--json", "--limit", "5"])).stdout;

  // The id is free again, and its next session is as any other.
  const next = await sessions.start("k", ["--summary-out", SUMMARY, ...AGENT]);
  equal((await sessions.ask(["stop", "--id", "k", "--wait"])).answer["reason"], "success");
  await untilGone(`=${sessions.sandbox.stateDir}`, GONE_MS);
  deepEqual(listLeft(sessions).filter((path) => path.startsWith("snapshots/")), []);

  const runs = runsOf(sessions);
  for (const run of runs) {
    const ends = run.filter(({ type }) => type === "exited");
    equal(ends.length, 1, `one end of ${JSON.stringify(run)}`);
    equal(run.at(-1)?.["type"], "exited");
    const seqs = run.map(({ seq }) => Number(seq));
    deepEqual(seqs, [...new Set(seqs)].sort((one, other) => one - other), "events are in order, each once");
  }
  const lost = runs.find(([first]) => first?.["session_id"] !== next.sessionId);
  const end = lost?.at(-1);
  if (told !== undefined) deepEqual([end?.["session_id"], end?.["reason"]], [told["session_id"], told["reason"]]);

  const rows = linesOf(join(sessions.sandbox.stateDir, "dispatches.jsonl"));
  for (const sessionId of new Set(rows.map((row) => row["session_id"]))) {
    const types = rows.filter((row) => row["session_id"] === sessionId).map(({ type }) => type);
    ok(["dispatch_start,dispatch_end", "dispatch_end"].includes(types.join()), `rows of one session: ${types.join()}`);
  }
  const history: Json[] = JSON.parse((await sessions.run(["history", "--json", "--limit", "5"])).stdout);
  deepEqual(history.filter(({ state }) => state !== "ended"), [], before);
  equal(history[0]?.["session_id"], next.sessionId, before);
  const row = history.find(({ session_id }) => session_id === told?.["session_id"]);
  if (told !== undefined) deepEqual([row?.["session_id"], row?.["exit"]], [told["session_id"], told["reason"]]);
  const summaries = linesOf(join(sessions.sandbox.project, SUMMARY)).map((line) => partOf(line, "actual")["exit"]);
  deepEqual(
    summaries,
    rows.filter(({ type }) => type === "dispatch_end").map((line) => partOf(line, "actual")["exit"]),
  );
  equal((await sessions.run(["prune", "--older-than", "0.01"])).code, 0);
  deepEqual(listLeft(sessions), []);
}

Deno.test({
  name: "kill -9 of the host at any step leaves no orphan, no lie and an id that can be used again",
  ignore,
  async fn() {
    const { first, others } = faultsOf(await trace());
    const all = Deno.env.get("HARNEX_FAULT_STEPS") === "all";
    const chosen = [...first, ...(all ? others : sample(others, SAMPLED))];
    const only = Deno.env.get("HARNEX_FAULT");
    const failures: string[] = [];
    await concurrently(AT_ONCE, only === undefined ? chosen : [only], async (fault) => {
      try {
        await check(fault);
      } catch (error) {
        failures.push(`HARNEX_FAULT="${fault}": ${error instanceof Error ? error.message : error}`);
      }
    });
    deepEqual(failures, []);
    ok(first.length > 0 && others.length > SAMPLED, "the trace has steps to die at");
    console.log(`${chosen.length} of ${first.length + others.length} steps`);
  },
});
