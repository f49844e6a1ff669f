/**
 * Messages as transactions: sent once under their key, told how far they got, accounted for after a crash.
 */

import { deepEqual, equal, match, ok } from "../support/assert.ts";
import { untilGone } from "../support/processes.ts";
import { createSessions } from "../support/sessions.ts";

const ignore = Deno.build.os !== "linux";

Deno.test({
  name: "send --key types a message once, from two processes at once and again after its delivery",
  ignore,
  async fn() {
    await using sessions = createSessions();
    await sessions.startReady("k", ["repl"]);
    const send = () => sessions.ask(["send", "--id", "k", "--key", "task-1", "only once"]);
    const both = await Promise.all([send(), send()]);
    const again = await send();
    const ids = [...both, again].map(({ answer }) => answer["message_id"]);
    deepEqual(new Set(ids).size, 1);
    deepEqual([...both, again].map(({ code, answer }) => [code, answer["status"]]), Array(3).fill([0, "delivered"]));
    equal(again.answer["repeated"], true);
    const idle = await sessions.ask(["send", "--id", "k", "--key", "task-1", "--wait-for-idle", "only once"]);
    deepEqual([idle.code, idle.answer["state"]], [0, "prompt"]);
    equal(sessions.transcript("k").match(/did: only once/g)?.length, 1);
    equal(sessions.events("k").filter(({ type }) => type === "send").length, 1);
  },
});

Deno.test({
  name: "send --verbose and GET /messages/:id tell step and evidence",
  ignore,
  async fn() {
    await using sessions = createSessions();
    const session = await sessions.startReady("v", ["repl"]);
    const { answer, stderr } = await sessions.ask(["send", "--id", "v", "--verbose", "--wait-for-idle", "hello"]);
    match(
      stderr,
      /harnex send: message \w+: queued, typed.*, submitted.*, accepted.*\(screen: .*\), turn_started.*, turn_ended/s,
    );
    const row = await (await sessions.call(session, `/messages/${answer["message_id"]}`)).json();
    deepEqual([row.status, row.step], ["delivered", "turn_ended"]);
    match(row.evidence, /^screen: /);
  },
});

Deno.test({
  name: "what a dead host never delivered is told by status, doctor, the events and the next run, and never sent",
  ignore,
  async fn() {
    await using sessions = createSessions();
    const first = await sessions.startReady("lost", ["repl"]);
    equal((await sessions.ask(["send", "--id", "lost", "work 1000"])).code, 0);
    equal((await sessions.ask(["send", "--id", "lost", "--no-wait", "never typed"])).answer["status"], "queued");
    Deno.kill(first.hostPid, "SIGKILL");
    await untilGone(`HARNEX_SESSION_ID=${first.sessionId}`, 10_000);

    const status = await sessions.run(["status", "--json"]);
    deepEqual(JSON.parse(status.stdout), []);
    match(status.stderr, /the host of lost died with 1 undelivered message; see: harnex doctor/);
    const doctor = await sessions.ask(["doctor", "--adapter", "generic"]);
    match(JSON.stringify(doctor.answer), /never typed.*the host died before anything of it was typed/);

    const second = await sessions.startReady("lost", ["repl"]);
    const failed = sessions.events("lost").find(({ type }) => type === "failed");
    equal(failed?.["session_id"], first.sessionId);
    const payload = await (await sessions.call(second, "/status")).json();
    deepEqual(
      payload.undelivered.map((message: Record<string, unknown>) => [message["text_preview"], message["step"]]),
      [["never typed", "queued"]],
    );
    ok(!sessions.transcript("lost").includes("never typed"));
    match((await sessions.run(["status"])).stderr, /^(?!.*undelivered)/s);
  },
});
