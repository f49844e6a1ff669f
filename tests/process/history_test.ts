/**
 * What is over can be asked for: history, status of what is gone, and what prune leaves of it.
 */

import { join } from "node:path";
import { deepEqual, equal, match, ok } from "../support/assert.ts";
import { untilGone } from "../support/processes.ts";
import { linuxTest as test } from "../support/own_sessions.ts";
import { exists, fileName, type Json, type Sessions } from "../support/sessions.ts";

async function list(sessions: Sessions, ...words: string[]): Promise<Json[]> {
  const { code, stdout, stderr } = await sessions.run(["history", "--json", ...words]);
  equal(code, 0, stderr);
  return JSON.parse(stdout);
}

const brief = (rows: readonly Json[]) => rows.map(({ id, state, exit }) => [id, state, exit]);

test("history lists what runs, what ended and what was interrupted, newest first", async (sessions) => {
  await sessions.run(["run", "--id", "first", "--description", "the first", "sh", "--", "-c", "exit 7"]);
  const lost = await sessions.startReady("lost", ["repl"]);
  Deno.kill(lost.hostPid, "SIGKILL");
  await untilGone(lost.sessionId, 10_000);
  await sessions.startReady("running", ["repl"]);
  await sessions.run(["run", "--id", "second", "sh", "--", "-c", "exit 0"]);
  const all = [
    ["running", "running", null],
    ["second", "ended", "success"],
    ["lost", "interrupted", null],
    ["first", "ended", "failure"],
  ];
  deepEqual(brief(await list(sessions)), all);
  deepEqual(brief(await list(sessions, "--limit", "2")), all.slice(0, 2));
  deepEqual(brief(await list(sessions, "--limit", "1")), all.slice(0, 1));
  deepEqual(brief(await list(sessions, "--id", "S")), [all[1], all[2], all[3]]);
  deepEqual(brief(await list(sessions, "--since", "1h")), all);

  const table = (await sessions.run(["history"])).stdout.split("\n");
  match(table[0] ?? "", /^ID +CLI +STARTED +TOOK +EXIT +CODE +TOKENS +CHANGES +DESC *$/);
  match(table[1] ?? "", /^-+(?: +-+){8}$/);
  match(table[2] ?? "", /^running +repl .* running +- /);
  match(table[5] ?? "", /^first +sh +\d{4}-\d\d-\d\d \d\d:\d\d +\d+s +failure +7 .* the first/);

  // Elsewhere is told apart.
  const elsewhere = join(sessions.sandbox.path, "elsewhere");
  Deno.mkdirSync(elsewhere);
  const there = { cwd: elsewhere };
  equal((await sessions.run(["history", "--json"], there)).stdout, "[]\n");
  match((await sessions.run(["history"], there)).stdout, /^No dispatches in .*--all/);
  equal(JSON.parse((await sessions.run(["history", "--all", "--json"], there)).stdout).length, 4);
});

test("status --json --id answers for what is gone and says from where", async (sessions) => {
  const ask = async (id: string): Promise<Json[]> =>
    JSON.parse((await sessions.run(["status", "--json", "--id", id])).stdout);
  await sessions.run(["run", "--id", "Gone One", "sh", "--", "-c", "exit 7"]);
  const [exited] = await ask("gone-one");
  const { source, agent_state, exit_code, reason, id } = exited ?? {};
  deepEqual({ source, agent_state, exit_code, reason, id }, {
    source: "exit_record",
    agent_state: "exited",
    exit_code: 7,
    reason: "failure",
    id: "Gone One",
  });
  Deno.removeSync(sessions.files("Gone One").exit);
  const [booked] = await ask("gone-one");
  deepEqual([booked?.["source"], booked?.["exit"], booked?.["exit_code"]], ["ledger", "failure", 7]);

  const lost = await sessions.startReady("lost", ["repl"]);
  Deno.kill(lost.hostPid, "SIGKILL");
  await untilGone(lost.sessionId, 10_000);
  const [record] = await ask("lost");
  deepEqual([record?.["source"], record?.["reason"], record?.["exit_code"]], ["record", "lost", null]);
  ok(exists(sessions.files("lost").record)); // asking changes nothing
  deepEqual(await ask("never"), []);
  equal((await sessions.run(["status", "--id", "lost"])).stdout.startsWith("No active harnex sessions"), true);
});

test("prune removes what is old, and then what is too much, but nothing of a live session", async (sessions) => {
  const { stateDir } = sessions.sandbox;
  for (const id of ["old", "new"]) await sessions.run(["run", "--id", id, "sh", "--", "-c", "echo x; exit 0"]);
  const live = await sessions.startReady("live", ["repl"]);
  await sessions.run(["send", "--id", "live", "hello", "--wait-for-idle"]);
  const [old, fresh, kept] = [filesOf(sessions, "old"), filesOf(sessions, "new"), filesOf(sessions, "live")];
  const known = Object.values(sessions.files("old")).filter(exists);
  deepEqual([known.length, known.filter((path) => !old.includes(path))], [3, []]);
  const past = new Date(2020, 1, 1);
  // A live session is never old, whatever its files say.
  for (const path of [...old, ...kept]) Deno.utimeSync(path, past, past);
  const ledger = join(stateDir, "dispatches.jsonl");
  const rows = Deno.readTextFileSync(ledger).split("\n");
  const aged = rows.map((row) =>
    row.includes('"old"') || row.includes('"live"') ? row.replace(/"ts":"\d+/, '"ts":"2020') : row
  );
  Deno.writeTextFileSync(ledger, aged.filter((row) => row.includes('"2020') || row === "").join("\n"));

  const folderOf = (id: string) => join(stateDir, "snapshots", fileName(sessions.sandbox.project, id));
  Deno.mkdirSync(folderOf("killed while it started"));

  const look = await sessions.ask(["prune", "--older-than", "30d", "--dry-run"]);
  deepEqual([look.code, look.answer["dry_run"], look.answer["files"], look.answer["ledger_rows"]], [
    0,
    true,
    old.length,
    2,
  ]);
  deepEqual(old.filter(exists), old);
  const { answer } = await sessions.ask(["prune", "--older-than", "30d"]);
  deepEqual([answer["files"], answer["ledger_rows"]], [old.length, 2]);
  deepEqual(["live", "killed while it started"].map(folderOf).map(exists), [true, false]);
  deepEqual(paths(answer), [...old].sort());
  deepEqual(old.filter(exists), []);
  deepEqual(fresh.filter(exists), fresh);
  match(Deno.readTextFileSync(ledger), new RegExp(`^.*dispatch_start.*${live.sessionId}.*\\n$`));
  equal((await sessions.ask(["prune", "--older-than", "30d"])).answer["files"], 0);

  await sessions.ask(["prune", "--max-bytes", "0"]);
  deepEqual(fresh.filter(exists), []);
  deepEqual(kept.filter(exists), kept);
  equal((await sessions.ask(["send", "--id", "live", "again", "--wait-for-idle"])).answer["ok"], true);
  equal((await sessions.ask(["stop", "--id", "live", "--wait"])).code, 0);
  match(Deno.readTextFileSync(ledger), /dispatch_start.*\n.*dispatch_end.*\n$/);
});

/** All that a session has anywhere in the state directory, but its lock. */
function filesOf({ sandbox }: Sessions, id: string): string[] {
  const folders = [...Deno.readDirSync(sandbox.stateDir)].filter(({ isDirectory, name }) =>
    isDirectory && name !== "locks"
  );
  return folders.flatMap(({ name: folder }) =>
    [...Deno.readDirSync(join(sandbox.stateDir, folder))]
      .filter(({ name }) => name.startsWith(`${fileName(sandbox.project, id)}.`))
      .map(({ name }) => join(sandbox.stateDir, folder, name))
  );
}

function paths(answer: Json): string[] {
  const found = answer["paths"];
  return Array.isArray(found) ? found.map(String).sort() : [];
}
