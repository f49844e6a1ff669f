/**
 * `harnex stop`: polite first, then as hard as it must be, and nothing left behind.
 */

import { deepEqual, equal, ok } from "../support/assert.ts";
import { isListening, listMarked, listProcesses, untilGone } from "../support/processes.ts";
import { linuxTest as test } from "../support/own_sessions.ts";
import { exists, type LiveRecord, type Sessions } from "../support/sessions.ts";
import { until } from "../support/until.ts";

/** What a stop promises when it has returned (with --wait). */
async function assertNothingLeft(sessions: Sessions, session: LiveRecord): Promise<void> {
  const files = sessions.files(session.id);
  equal(exists(files.record), false, "no registry record");
  equal(sessions.exitRecord(session.id)["session_id"], session.sessionId, "an exit record");
  equal(await isListening(session.port), false, "no port");
  await untilGone(session.sessionId, 1_000); // the host itself and its watchdog are just leaving
  await untilGone(`=${sessions.sandbox.stateDir}`, 1_000);
}

/** What `wait` has told of is accounted for, and its host is about to leave: then the same holds. */
async function assertNothingStays(sessions: Sessions, session: LiveRecord): Promise<void> {
  await until(5_000, async () => await isListening(session.port) ? undefined : true, "the end of the address");
  await assertNothingLeft(sessions, session);
}

test("stop asks politely, and --wait returns when nothing is left", async (sessions) => {
  const session = await sessions.startReady("s", ["repl"]);
  const { code, answer } = await sessions.ask(["stop", "--id", "s", "--wait"]);
  deepEqual({ code, answer }, {
    code: 0,
    answer: { ok: true, signal: "exit_sequence_sent", id: "s", exit_code: 0, reason: "success" },
  });
  await assertNothingLeft(sessions, session);
  const asked = sessions.events("s").find(({ type }) => type === "stop_requested");
  deepEqual([asked?.["signal"], asked?.["by"]], ["exit_sequence_sent", "stop"]);
});

test("stop without --wait answers once the agent was asked", async (sessions) => {
  await sessions.startReady("s", ["repl"]);
  const { code, answer } = await sessions.ask(["stop", "--id", "s"]);
  deepEqual({ code, answer }, { code: 0, answer: { ok: true, signal: "exit_sequence_sent" } });
  equal((await sessions.ask(["wait", "--id", "s", "--timeout", "20"])).answer["exit_code"], 0);
});

test("stop sends TERM to an agent that does not hear /exit", async (sessions) => {
  const session = await sessions.startReady("s", ["deaf"]);
  const { answer } = await sessions.ask(["stop", "--id", "s", "--wait", "--kill-after", "0.3"]);
  deepEqual([answer["exit_code"], answer["reason"]], [143, "success"]);
  await assertNothingLeft(sessions, session);
});

test("stop kills an agent that ignores everything", async (sessions) => {
  const session = await sessions.startReady("s", ["stubborn"]);
  const { answer } = await sessions.ask(["stop", "--id", "s", "--wait", "--kill-after", "0.3"]);
  deepEqual([answer["exit_code"], answer["reason"]], [137, "success"]);
  await assertNothingLeft(sessions, session);
});

test("stop kills by itself, without --kill-after, in less than ten seconds", async (sessions) => {
  const session = await sessions.startReady("s", ["stubborn"]);
  const { code, answer } = await sessions.ask(["stop", "--id", "s", "--wait"], { timeoutMs: 12_000 });
  deepEqual([code, answer["exit_code"]], [0, 137]);
  await assertNothingLeft(sessions, session);
});

test("stop goes a rung further each time that it is asked again", async (sessions) => {
  const session = await sessions.startReady("s", ["stubborn"]);
  // With this patience nothing happens unless it is asked for.
  const patient = ["stop", "--id", "s", "--kill-after", "300"];
  deepEqual((await sessions.ask(patient)).answer, { ok: true, signal: "exit_sequence_sent" });
  // Its heartbeat is what the test waits on: each comes when a rung has had its time.
  await using waiting = sessions.spawn(["wait", "--id", "s", "--heartbeat", "2"]);
  let asked = 0;
  const beat = () =>
    waiting.err.until(new RegExp(`(still waiting[^]*){${asked + 1}}`)).then(() => "beat", () => "ended");
  for (; asked < 5 && await beat() === "beat"; asked++) {
    const again = await sessions.ask(patient);
    deepEqual(again.answer, { ok: true, signal: "already_requested" });
  }
  equal((await waiting.status).code, 137);
  await waiting.out.ended;
  await waiting.err.ended;
  equal(asked, 2, "one request for TERM and one for KILL");
  await assertNothingStays(sessions, session);
});

for (const TOOLBOX of ["plain", "bare", "stubborn"]) {
  test(`stop ends the tools that run in sessions of their own (${TOOLBOX})`, async (sessions) => {
    const session = await sessions.startReady("s", ["toolbox"], { env: { TOOLBOX } });
    const bare = `1000.${session.pid}`;
    equal(listMarked(bare).length, TOOLBOX === "bare" ? 1 : 0);
    const own = listProcesses().filter(({ environment }) =>
      environment.includes(`HARNEX_SESSION_ID=${session.sessionId}`)
    );
    ok(own.length >= 3, "the agent and its tools run");
    const { answer } = await sessions.ask(["stop", "--id", "s", "--wait", "--kill-after", "0.3"]);
    equal(answer["exit_code"], TOOLBOX === "stubborn" ? 137 : 0);
    await assertNothingLeft(sessions, session);
    deepEqual(listMarked(bare), []);
  });
}

test("stop interrupts a running turn, and the reason says so", async (sessions) => {
  const session = await sessions.startReady("s", ["repl"]);
  equal((await sessions.ask(["send", "--id", "s", "work 100"])).answer["status"], "delivered");
  const { answer } = await sessions.ask(["stop", "--id", "s", "--wait", "--kill-after", "1"]);
  equal(answer["reason"], "stopped");
  await assertNothingLeft(sessions, session);
});

test("stop --all stops every session of this repository and no other", async (sessions) => {
  const elsewhere = sessions.sandbox.home;
  const one = await sessions.startReady("one", ["repl"]);
  const two = await sessions.startReady("two", ["repl"]);
  equal((await sessions.run(["run", "repl", "--detach", "--id", "far"], { cwd: elsewhere })).code, 0);
  const { code, stdout } = await sessions.run(["stop", "--all", "--wait"]);
  equal(code, 0);
  const answers = stdout.trimEnd().split("\n").map((line) => JSON.parse(line));
  deepEqual(answers.map(({ id, exit_code }) => [id, exit_code]).sort(), [["one", 0], ["two", 0]]);
  for (const session of [one, two]) equal(await isListening(session.port), false);
  const live = JSON.parse((await sessions.run(["status", "--all", "--json"])).stdout);
  deepEqual(live.map(({ id }: { id: string }) => id), ["far"]);
});

test("stop ends with 124 when the host does not answer in time", async (sessions) => {
  const session = await sessions.startReady("s", ["repl"]);
  const [live] = JSON.parse((await sessions.run(["status", "--json"])).stdout);
  Deno.kill(session.hostPid, "SIGSTOP");
  const { code, answer } = await sessions.ask(["stop", "--id", "s", "--timeout", "0.5"]);
  deepEqual([code, answer["ok"], answer["id"], answer["status"]], [124, false, "s", "timeout"]);
  // A host that hangs is still listed, from its record.
  const [listed] = JSON.parse((await sessions.run(["status", "--json"])).stdout);
  deepEqual([listed.id, listed.pid, listed.input_state], ["s", session.pid, null]);
  deepEqual(Object.keys(listed).sort(), Object.keys(live).sort());
  deepEqual([listed.inbox, typeof listed.log_idle_s], [live.inbox, "number"]);
  Deno.kill(session.hostPid, "SIGCONT");
  equal((await sessions.ask(["stop", "--id", "s", "--wait"])).answer["exit_code"], 0);
});

test("stop tries until the time is up where a live session's API refuses", async (sessions) => {
  const session = await sessions.startReady("s", ["repl"]);
  Deno.writeTextFileSync(sessions.files("s").record, JSON.stringify({ ...session.json, port: 1 }));
  const { code, answer } = await sessions.ask(["stop", "--id", "s", "--timeout", "0.5"]);
  deepEqual({ code, answer }, {
    code: 124,
    answer: { ok: false, id: "s", status: "timeout", error: "request timed out after 0.5s" },
  });
});

test("stop of an id that does not run fails at once", async (sessions) => {
  const { code, stdout, stderr } = await sessions.run(["stop", "--id", "nobody"]);
  deepEqual({ code, stdout }, { code: 1, stdout: "" });
  ok(/^harnex stop: no active session "nobody" in .*harnex status/m.test(stderr), stderr);
});

test("TERM to a headless host stops its agent in good order", async (sessions) => {
  const session = await sessions.startReady("s", ["repl"]);
  Deno.kill(session.hostPid, "SIGTERM");
  const { code, answer } = await sessions.ask(["wait", "--id", "s", "--timeout", "20"]);
  deepEqual([code, answer["exit_code"], answer["reason"]], [0, 0, "success"]);
  await assertNothingStays(sessions, session);
});

test("a headless agent that exits by itself leaves no tools behind", async (sessions) => {
  const session = await sessions.startReady("s", ["toolbox"]);
  equal((await sessions.ask(["send", "--id", "s", "--force", "--no-wait", "/exit"])).code, 0);
  equal((await sessions.ask(["wait", "--id", "s", "--timeout", "20"])).code, 0);
  await assertNothingStays(sessions, session);
});

test("an agent that is killed leaves no tools behind, and the exit record names the signal", async (sessions) => {
  const session = await sessions.startReady("s", ["toolbox"]);
  Deno.kill(session.pid, "SIGKILL");
  const { code, answer } = await sessions.ask(["wait", "--id", "s", "--timeout", "20"]);
  deepEqual([code, answer["exit_code"], answer["signal"], answer["reason"]], [137, 137, 9, "failure"]);
  await assertNothingStays(sessions, session);
});
