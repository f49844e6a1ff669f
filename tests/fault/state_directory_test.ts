/**
 * The state directory goes, is replaced, cannot be written, or is damaged, under sessions and under readers.
 */

import { join } from "node:path";
import { type Case, testAtOnce } from "../support/at_once.ts";
import { deepEqual, equal, match, ok } from "../support/assert.ts";
import { listMarked, untilGone } from "../support/processes.ts";
import { createSessions, fileName, type Json, type LiveRecord, type Sessions } from "../support/sessions.ts";
import { canMount, coverReadOnly } from "../support/mounts.ts";
import { within } from "../support/within.ts";

const ignore = Deno.build.os !== "linux"; // looks for what is left in /proc
const PATIENCE_MS = 20_000;
const AGENT_DONE = "did: hello";

type Harm = (sessions: Sessions) => AsyncDisposable | undefined;

const cases: Case[] = [];

function harm(name: string, how: Harm, options: { ignore?: boolean } = {}): void {
  cases.push({
    ...options,
    name: `a session whose state directory ${name} warns once, goes on and leaves nothing`,
    async fn() {
      await using sessions = createSessions();
      await using run = sessions.spawn(["run", "--id", "k", "repl"]);
      await run.out.until(/> /);
      await within(PATIENCE_MS, sessions.run(["wait", "--id", "k", "--until", "prompt"]));
      const session = sessions.record("k");
      const direct = ["--port", String(session.port), "--token", session.token];
      await using _harm = how(sessions);

      const sent = await sessions.ask(["send", "--id", "k", ...direct, "--wait-for-idle", "hello"]);
      deepEqual([sent.code, sent.answer["ok"], sent.answer["state"]], [0, true, "prompt"], sent.stderr);
      await run.out.until(new RegExp(AGENT_DONE));
      equal((await sessions.call(session, "/stop", { method: "POST" })).status, 200);
      equal((await within(PATIENCE_MS, run.status)).code, 0);
      await run.err.ended;
      const warnings = run.err.text.split("\n").filter((line) => line.includes("warning"));
      ok(warnings.length <= 1, warnings.join(" | "));
      await untilGone(session.sessionId, PATIENCE_MS);
      // Who asks is told in one line, whatever is there now.
      for (
        const words of [["status"], ["wait", "--id", "k"], ["logs", "--id", "k"], ["history"], ["events", "--id", "k"]]
      ) {
        const { code, stderr } = await sessions.run(words);
        ok(code <= 1 && stderr.trim().split("\n").length <= 2, `${words.join(" ")}: ${code} ${stderr}`);
        ok(!/\n\s+at /.test(stderr), stderr);
      }
    },
  });
}

harm("is deleted", ({ sandbox: { stateDir } }) => {
  Deno.removeSync(stateDir, { recursive: true });
  return undefined;
});

harm("is replaced by a file", ({ sandbox: { path, stateDir } }) => {
  Deno.renameSync(stateDir, join(path, "moved"));
  Deno.writeTextFileSync(stateDir, "a file");
  return undefined;
});

harm("becomes read-only", ({ sandbox: { stateDir } }) => coverReadOnly(stateDir), { ignore: ignore || !canMount() });

cases.push({
  name: "run after the state directory was deleted starts as in a new one",
  async fn() {
    await using sessions = createSessions();
    await sessions.startReady("k", ["repl"]);
    const old = sessions.record("k");
    Deno.removeSync(sessions.sandbox.stateDir, { recursive: true });
    // The id is held by a process that nothing tells of any more; it runs on beside the new one.
    const next = await sessions.startReady("k", ["repl"]);
    ok(old.port !== next.port && old.sessionId !== next.sessionId);
    equal((await sessions.call(old, "/stop", { method: "POST" })).status, 200);
    await untilGone(old.sessionId, PATIENCE_MS);
    equal(sessions.record("k").sessionId, next.sessionId); // the old one took nothing of the new one's with it
    equal((await sessions.ask(["stop", "--id", "k", "--wait"])).answer["reason"], "success");
    equal(sessions.exitRecord("k")["session_id"], next.sessionId);
  },
});

cases.push({
  name: "followers of logs that are removed say so in one line, and the session goes on",
  async fn() {
    await using sessions = createSessions();
    const session = await sessions.startReady("k", ["repl"]);
    await using events = sessions.spawn(["events", "--id", "k"]);
    await events.out.until(/"to":"prompt"/);
    await using logs = sessions.spawn(["logs", "--id", "k", "--follow"]);
    await logs.out.until(/> /);
    const files = sessions.files("k");
    Deno.removeSync(files.events);
    Deno.removeSync(files.output);
    const codes = await within(PATIENCE_MS, Promise.all([events, logs].map(async ({ status }) => (await status).code)));
    await Promise.all([events.err.ended, logs.err.ended]);
    deepEqual(codes, [1, 1]);
    match(events.err.text, /^harnex events: the event log .* was removed\n$/);
    match(logs.err.text, /^harnex logs: the transcript .* was removed\n$/);
    // What waits over the API hears of everything all the same.
    const sent = await sessions.ask(["send", "--id", "k", "--wait-for-idle", "hello"]);
    deepEqual([sent.code, sent.answer["state"]], [0, "prompt"]);
    equal((await sessions.ask(["wait", "--id", "k", "--until", "prompt", "--timeout", "10"])).code, 0);
    equal((await sessions.ask(["stop", "--id", "k", "--wait"])).answer["reason"], "success");
    await untilGone(session.sessionId, PATIENCE_MS);
    equal(sessions.exitRecord("k")["reason"], "success");
  },
});

/** Every reader, on what the last session of `k` has left. */
async function readAll(sessions: Sessions): Promise<void> {
  const readers: { words: string[]; code: number[] }[] = [
    { words: ["status", "--json"], code: [0] },
    { words: ["status", "--all"], code: [0] },
    { words: ["wait", "--id", "k", "--timeout", "5"], code: [0, 1] },
    { words: ["wait", "--id", "k", "--until", "done", "--timeout", "5"], code: [0, 1, 3] },
    { words: ["events", "--id", "k", "--snapshot"], code: [0] },
    { words: ["logs", "--id", "k", "--plain"], code: [0] },
    { words: ["history", "--json"], code: [0] },
    { words: ["doctor", "--adapter", "generic"], code: [0, 1] },
    { words: ["prune", "--dry-run"], code: [0] },
  ];
  await Promise.all(readers.map(async ({ words, code }) => {
    const result = await sessions.run(words);
    ok(code.includes(result.code), `${words.join(" ")}: ${result.code} ${result.stderr}`);
    ok(!/\n\s+at /.test(result.stderr), result.stderr);
  }));
}

const TORN = '{"schema_version":1,"type":"st';

cases.push({
  name: "torn last lines, and records cut in the middle, are passed over by every reader and by the next run",
  async fn() {
    await using sessions = createSessions();
    const { stateDir, project } = sessions.sandbox;
    await sessions.startReady("k", ["--summary-out", "summary.jsonl", "repl"]);
    equal((await sessions.ask(["stop", "--id", "k", "--wait"])).code, 0);
    const before: Json[] = JSON.parse((await sessions.run(["history", "--json"])).stdout);
    const files = sessions.files("k");
    const inbox = join(stateDir, "inbox", `${fileName(project, "k")}.jsonl`);
    const summary = join(project, "summary.jsonl");
    for (const path of [files.events, inbox, join(stateDir, "dispatches.jsonl"), summary]) {
      Deno.writeTextFileSync(path, TORN, { append: true });
    }
    Deno.writeFileSync(files.output, new Uint8Array([0xe2, 0x82]), { append: true }); // two thirds of a euro
    const exit = Deno.readTextFileSync(files.exit);
    for (const text of [exit.slice(0, exit.length / 2), "", "[]", "null", '{"ok":1}']) {
      Deno.writeTextFileSync(files.exit, text);
      Deno.writeTextFileSync(files.record, text);
      await readAll(sessions);
    }
    deepEqual(JSON.parse((await sessions.run(["history", "--json"])).stdout), before);

    await sessions.startReady("k", ["--summary-out", "summary.jsonl", "repl"]);
    equal((await sessions.ask(["stop", "--id", "k", "--wait"])).answer["reason"], "success");
    // Nothing is glued to what was torn.
    for (const path of [files.events, join(stateDir, "dispatches.jsonl"), summary]) {
      const lines = Deno.readTextFileSync(path).trim().split("\n");
      const broken = lines.filter((line) => !line.endsWith("}"));
      deepEqual(broken, [TORN], path);
      for (const line of lines.filter((each) => each !== TORN)) JSON.parse(line);
    }
    equal(JSON.parse((await sessions.run(["history", "--json"])).stdout).length, 2);
  },
});

/** Rewrites the record of a live or dead session. */
function amend(sessions: Sessions, session: LiveRecord, fields: Json): void {
  Deno.writeTextFileSync(sessions.files("k").record, JSON.stringify({ ...session.json, ...fields }));
}

cases.push({
  name: "a record whose pid belongs to another process now is believed by nobody, and that process is left alone",
  async fn() {
    await using sessions = createSessions();
    const session = await sessions.startReady("k", ["repl"]);
    Deno.kill(session.hostPid, "SIGKILL");
    await untilGone(session.sessionId, PATIENCE_MS);
    // As if the system had given the host's pid, and the agent's, to this test.
    amend(sessions, session, { host_pid: Deno.pid, pid: Deno.pid });
    equal((await sessions.run(["status", "--json"])).stdout, "[]\n");
    const waited = await sessions.ask(["wait", "--id", "k", "--timeout", "10"]);
    deepEqual([waited.code, waited.answer["reason"]], [1, "lost"]);
    equal((await sessions.run(["stop", "--id", "k"])).code, 1);
    const next = await sessions.startReady("k", ["repl"]);
    equal(sessions.exitRecord("k")["session_id"], session.sessionId);
    equal((await sessions.ask(["stop", "--id", "k", "--wait"])).answer["reason"], "success");
    ok(next.sessionId !== session.sessionId && listMarked(session.sessionId).length === 0);
  },
});

cases.push({
  name: "three hosts that reach for three ports at the same moment get one each, and a fourth says that none is free",
  async fn() {
    await using sessions = createSessions();
    const base = freePort();
    const env = { HARNEX_BASE_PORT: String(base), HARNEX_PORT_SPAN: "3" };
    const run = (id: string) => sessions.run(["run", "--detach", "--timeout", "30", "--id", id, "deaf"], { env });
    const all = await Promise.all(["a", "b", "c"].map(run));
    deepEqual(all.map(({ code }) => code), [0, 0, 0], all.map(({ stderr }) => stderr).join(""));
    const ports = ["a", "b", "c"].map((id) => sessions.record(id).port);
    deepEqual([...ports].sort(), [base, base + 1, base + 2]);
    const fourth = await run("d");
    equal(fourth.code, 1);
    match(fourth.stderr, /^harnex run: no free port on 127\.0\.0\.1 in \d+ to \d+; choose one with --port\n$/);
    const taken = await sessions.run(["run", "--detach", "--id", "e", "--port", String(base), "deaf"]);
    equal(taken.code, 1);
    match(taken.stderr, /address 127\.0\.0\.1:\d+ is in use; choose another with --port\n$/);
    const stop = (id: string) => sessions.ask(["stop", "--id", id, "--wait", "--kill-after", "0.2"]);
    deepEqual((await Promise.all(["a", "b", "c"].map(stop))).map(({ code }) => code), [0, 0, 0]);
  },
});

/** The first of three that nobody has; somebody may take one before it is used, which then shows. */
function freePort(): number {
  const listeners = [];
  try {
    for (;;) {
      const first = Deno.listen({ hostname: "127.0.0.1", port: 0 });
      listeners.push(first);
      if (!("port" in first.addr)) continue;
      const { port } = first.addr;
      try {
        for (const next of [port + 1, port + 2]) listeners.push(Deno.listen({ hostname: "127.0.0.1", port: next }));
        return port;
      } catch (error) {
        if (!(error instanceof Deno.errors.AddrInUse)) throw error;
      }
    }
  } finally {
    for (const listener of listeners) listener.close();
  }
}

testAtOnce("the state directory goes, cannot be written, or is damaged", ignore, cases);
