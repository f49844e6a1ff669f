/**
 * The host killed with -9: agent and helpers end too, and everybody who asks is told the truth.
 */

import { deepEqual, equal } from "../support/assert.ts";
import { isListening, untilGone } from "../support/processes.ts";
import { createSessions, type Json, type LiveRecord, parseJson, type Sessions } from "../support/sessions.ts";
import { createTmuxServer, hasTmux } from "../support/tmux_server.ts";
import { until } from "../support/until.ts";
import { within } from "../support/within.ts";

const ignore = Deno.build.os !== "linux"; // looks for what is left in /proc
/** The promise: what ran under a host is gone this soon after its death. */
const GONE_MS = 3_000;

async function untilNothingRuns({ sandbox }: Sessions, { sessionId }: LiveRecord): Promise<void> {
  await Promise.all([untilGone(`=${sandbox.stateDir}`, GONE_MS), untilGone(sessionId, GONE_MS)]);
}

function eventsOf(text: string, { sessionId }: LiveRecord): Json[] {
  const events = text.split("\n").filter((line) => line !== "").map((line) => parseJson(line));
  return events.filter((event) => event["session_id"] === sessionId);
}

for (
  const { agent, env } of [
    { agent: ["repl"], env: {} },
    { agent: ["toolbox"], env: {} },
    { agent: ["toolbox"], env: { TOOLBOX: "stubborn" } },
    { agent: ["stubborn"], env: {} },
    { agent: ["menace", "--", "hops"], env: {} },
  ]
) {
  const what = [...agent.filter((word) => word !== "--"), ...Object.values(env)].join(" ");
  Deno.test({
    name: `kill -9 of a headless host ends the agent (${what}) and all its tools`,
    ignore,
    async fn() {
      await using sessions = createSessions();
      const session = await sessions.startReady("k", agent, { env });
      Deno.kill(session.hostPid, "SIGKILL");
      await untilNothingRuns(sessions, session);
      equal(await isListening(session.port), false);
    },
  });
}

Deno.test({
  name: "kill -9 of a tmux host ends the agent, its tools and its window",
  ignore: ignore || !hasTmux(),
  async fn() {
    await using sessions = createSessions();
    await using server = createTmuxServer(sessions);
    await server.openSession("kept");
    const env = { ...server.env, TOOLBOX: "stubborn" };
    const started = await sessions.ask(["run", "toolbox", "--id", "k", "--tmux", "--timeout", "30"], { env });
    equal(started.code, 0, started.stderr);
    const session = sessions.record("k");
    Deno.kill(session.hostPid, "SIGKILL");
    await untilNothingRuns(sessions, session);
    const windows = async () => (await server.tmux("list-windows", "-a", "-F", "#{window_name}")).split("\n");
    await until(GONE_MS, async () => (await windows()).includes("k") ? undefined : true, "the end of its window");
    equal((await sessions.ask(["wait", "--id", "k"])).answer["reason"], "lost");
  },
});

Deno.test({
  name: "kill -9 of the host is told to who asks afterwards",
  ignore,
  async fn() {
    await using sessions = createSessions();
    const session = await sessions.startReady("k", ["repl"]);
    Deno.kill(session.hostPid, "SIGKILL");
    await untilNothingRuns(sessions, session);
    const before = Deno.readTextFileSync(sessions.files("k").record);

    equal((await sessions.run(["status", "--json"])).stdout, "[]\n");
    equal((await sessions.run(["status", "--all", "--json"])).stdout, "[]\n");
    const { code, answer: { exited_at, ...end } } = await sessions.ask(["wait", "--id", "k", "--timeout", "20"]);
    equal(typeof exited_at, "string");
    deepEqual({ code, end }, {
      code: 1,
      end: {
        ok: false,
        id: "k",
        cli: "repl",
        session_id: session.sessionId,
        repo_root: sessions.sandbox.project,
        exit_code: null,
        started_at: session.json["started_at"],
        injected_count: 0,
        reason: "lost",
      },
    });
    const done = await sessions.ask(["wait", "--id", "k", "--until", "task_complete", "--timeout", "20"]);
    deepEqual([done.code, done.answer["ok"], done.answer["state"]], [1, false, "exited"]);
    for (const how of ["--snapshot", "--follow"]) {
      const told = await sessions.run(how === "--follow" ? ["events", "--id", "k"] : ["events", "--id", "k", how]);
      const [last, seen] = [eventsOf(told.stdout, session).at(-1), sessions.events("k").length];
      deepEqual([told.code, last?.["type"], last?.["reason"], last?.["seq"]], [0, "exited", "lost", seen + 1], how);
    }
    equal((await sessions.run(["events", "--id", "k", "--snapshot", "--from", "2999-01-01"])).stdout, "");
    const stopped = await sessions.run(["stop", "--id", "k"]);
    equal(stopped.code, 1);
    equal(/no active session "k" .*died/.test(stopped.stderr), true, stopped.stderr);
    const sent = await sessions.ask(["send", "--id", "k", "--timeout", "0.5", "hello"]);
    deepEqual([sent.code, sent.answer["status"]], [124, "timeout"]);

    equal(Deno.readTextFileSync(sessions.files("k").record), before); // reading repairs nothing
  },
});

Deno.test({
  name: "kill -9 of the host ends who waits for it",
  ignore,
  async fn() {
    await using sessions = createSessions();
    const session = await sessions.startReady("k", ["repl"]);
    await using events = sessions.spawn(["events", "--id", "k"]);
    await events.out.until(/"to":"prompt"/);
    await using logs = sessions.spawn(["logs", "--id", "k", "--follow"]);
    await logs.out.until(/> /);
    // Heartbeats say that they have begun to wait.
    await using exit = sessions.spawn(["wait", "--id", "k", "--heartbeat", "0.2"]);
    await exit.err.until(/still waiting/);
    await using task = sessions.spawn(["wait", "--id", "k", "--until", "task_complete", "--heartbeat", "0.2"]);
    await task.err.until(/still waiting/);
    await using busy = sessions.spawn(["send", "--id", "k", "--wait-for-idle", "--verbose", "work 100"]);
    await events.out.until(/"type":"turn_started"/);

    Deno.kill(session.hostPid, "SIGKILL");
    const all = [events, logs, exit, task, busy];
    const codes = await within(10_000, Promise.all(all.map(async ({ status }) => (await status).code)));
    await Promise.all(all.flatMap(({ out, err }) => [out.ended, err.ended]));
    deepEqual(codes, [0, 0, 1, 1, 1]);
    const last = eventsOf(events.out.text, session).at(-1);
    deepEqual([last?.["type"], last?.["reason"], last?.["code"]], ["exited", "lost", null]);
    equal(parseJson(exit.out.text)["reason"], "lost");
    equal(parseJson(task.out.text)["state"], "exited");
    equal(parseJson(busy.out.text)["state"], "exited");
  },
});

Deno.test({
  name: "run with the id of a lost session writes what its host could not",
  ignore,
  async fn() {
    await using sessions = createSessions();
    const lost = await sessions.startReady("k", ["repl"]);
    Deno.kill(lost.hostPid, "SIGKILL");
    await untilNothingRuns(sessions, lost);
    const next = await sessions.start("K", ["repl"]);

    const exit = sessions.exitRecord("k");
    deepEqual([exit["session_id"], exit["reason"], exit["exit_code"]], [lost.sessionId, "lost", null]);
    const mine = sessions.events("k").filter((event) => event["session_id"] === lost.sessionId);
    const { ts, ...last } = mine.at(-1) ?? {};
    equal(typeof ts, "string");
    deepEqual(last, {
      schema_version: 1,
      seq: mine.length,
      id: "k",
      type: "exited",
      code: null,
      reason: "lost",
      session_id: lost.sessionId,
    });
    // What is asked of the id from now on is answered by the session that runs.
    const [status] = JSON.parse((await sessions.run(["status", "--json"])).stdout);
    equal(status.session_id, next.sessionId);
    equal((await sessions.ask(["stop", "--id", "k", "--wait"])).answer["reason"], "success");
    equal((await sessions.ask(["wait", "--id", "k"])).answer["session_id"], next.sessionId);
  },
});
