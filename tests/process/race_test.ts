/**
 * What happens at the same moment, and an id that is used again.
 */

import { deepEqual, equal, match, ok } from "../support/assert.ts";
import { sessionTest as test } from "../support/own_sessions.ts";
import { parseJson, type Sessions } from "../support/sessions.ts";
import { within } from "../support/within.ts";

const DUPLICATE_ROUNDS = 8;

/** Starts an agent that ends at once, so that there may be no record any more to look at. */
async function runBriefly(sessions: Sessions, id: string, code: number): Promise<void> {
  const agent = ["sh", "--", "-c", `exit ${code}`];
  equal((await sessions.run(["run", "--detach", "--timeout", "30", "--id", id, ...agent])).code, 0);
}

test("run: of two with one id at the same moment exactly one wins", async (sessions) => {
  for (let round = 0; round < DUPLICATE_ROUNDS; round++) {
    const run = (id: string) => sessions.run(["run", "repl", "--detach", "--timeout", "30", "--id", id]);
    const results = await Promise.all([run(`Twin ${round}`), run(`twin-${round}`)]);
    deepEqual(results.map(({ code }) => code).sort(), [0, 1], results.map(({ stderr }) => stderr).join(""));
    const winner = results.find(({ code }) => code === 0);
    const loser = results.find(({ code }) => code === 1);
    match(loser?.stderr ?? "", /session "twin.\d" is already active/i);
    const listed = JSON.parse((await sessions.run(["status", "--json"])).stdout);
    deepEqual(listed.map(({ pid }: { pid: number }) => pid), [parseJson(winner?.stdout ?? "")["pid"]]);
    equal((await sessions.ask(["stop", "--id", `twin-${round}`, "--wait"])).code, 0);
  }
});

test("wait after the fact reads the exit record, any number of times", async (sessions) => {
  await runBriefly(sessions, "w", 3);
  for (let round = 0; round < 2; round++) {
    const { code, answer } = await sessions.ask(["wait", "--id", "W", "--timeout", "20"]);
    deepEqual([code, answer["exit_code"]], [3, 3]);
  }
});

test("wait for an id that never ran fails at once", async (sessions) => {
  const { code, stdout, stderr } = await sessions.run(["wait", "--id", "nobody"]);
  deepEqual({ code, stdout }, { code: 1, stdout: "" });
  match(stderr, /^harnex wait: no active session "nobody"/m);
  equal((await sessions.ask(["wait", "--id", "nobody", "--until", "done"])).code, 3);
});

test("wait on an id that is used again means the session that runs now", async (sessions) => {
  await runBriefly(sessions, "w", 3);
  await sessions.ask(["wait", "--id", "w"]);
  const now = await sessions.startReady("w", ["repl"]);
  const still = await sessions.ask(["wait", "--id", "w", "--timeout", "0.3"]);
  deepEqual([still.code, still.answer["status"], still.answer["pid"]], [124, "timeout", now.pid]);
  equal((await sessions.ask(["send", "--id", "w", "--no-wait", "quit 5"])).code, 0);
  const { code, answer } = await sessions.ask(["wait", "--id", "w", "--timeout", "20"]);
  deepEqual([code, answer["exit_code"], answer["session_id"]], [5, 5, now.sessionId]);
});

test("wait --until task_complete takes no completion of an older run for one of this", async (sessions) => {
  const older = await sessions.startReady("w", ["repl"]);
  equal((await sessions.ask(["send", "--id", "w", "--wait-for-idle", "one"])).code, 0);
  const replayed = await sessions.ask(["wait", "--id", "w", "--until", "task_complete", "--timeout", "20"]);
  deepEqual([replayed.code, replayed.answer["ok"], replayed.answer["event"]], [0, true, "task_complete"]);
  const seq = Number(replayed.answer["seq"]);
  const since = ["wait", "--id", "w", "--until", "task_complete", "--timeout", "0.3", "--since", String(seq)];
  equal((await sessions.ask(since)).code, 124);
  equal((await sessions.ask(["stop", "--id", "w", "--wait"])).code, 0);
  equal((await sessions.ask(["wait", "--id", "w", "--until", "task_complete"])).code, 0); // after the fact

  const now = await sessions.startReady("w", ["repl"]);
  ok(now.sessionId !== older.sessionId);
  equal((await sessions.ask(["wait", "--id", "w", "--until", "task_complete", "--timeout", "0.3"])).code, 124);
  const runs = sessions.events("w").filter(({ type }) => type === "started");
  deepEqual(runs.map(({ seq, session_id }) => [seq, session_id]), [[1, older.sessionId], [1, now.sessionId]]);
});

test("wait --until done ends when the turn or the session does", async (sessions) => {
  await sessions.startReady("w", ["repl"]);
  await using turn = sessions.spawn(["wait", "--id", "w", "--until", "done", "--heartbeat", "0.2"]);
  await turn.err.until(/still waiting/);
  equal((await sessions.ask(["send", "--id", "w", "one"])).code, 0);
  equal((await within(20_000, turn.status)).code, 0);
  await using end = sessions.spawn(["wait", "--id", "w", "--until", "done", "--next", "--heartbeat", "0.2"]);
  await end.err.until(/still waiting/);
  Deno.kill(sessions.record("w").pid, "SIGKILL");
  equal((await within(20_000, end.status)).code, 1);
  await Promise.all([turn, end].flatMap(({ out, err }) => [out.ended, err.ended]));
  deepEqual([parseJson(end.out.text)["ok"], parseJson(end.out.text)["exit_code"]], [false, 137]);
});

test("wait --until a state answers when the state is there, and 1 when the session goes first", async (sessions) => {
  await sessions.startReady("w", ["repl"]);
  await using busy = sessions.spawn(["wait", "--id", "w", "--until", "busy", "--heartbeat", "0.2"]);
  await busy.err.until(/still waiting/);
  equal((await sessions.ask(["send", "--id", "w", "work 1"])).code, 0);
  equal((await within(20_000, busy.status)).code, 0);
  await using never = sessions.spawn(["wait", "--id", "w", "--until", "no-such-state", "--heartbeat", "0.2"]);
  await never.err.until(/still waiting/);
  equal((await sessions.ask(["stop", "--id", "w", "--wait"])).code, 0);
  equal((await within(20_000, never.status)).code, 1);
  await Promise.all([busy, never].flatMap(({ out, err }) => [out.ended, err.ended]));
  const { waited_seconds, ...answer } = parseJson(busy.out.text);
  equal(typeof waited_seconds, "number");
  deepEqual(answer, { ok: true, id: "w", state: "busy" });
  deepEqual([parseJson(never.out.text)["ok"], parseJson(never.out.text)["state"]], [false, "exited"]);
});

test("wait for several ids: --any ends with the first, --all prints a line for each", async (sessions) => {
  await sessions.startReady("one", ["repl"]);
  await runBriefly(sessions, "two", 4);
  const any = await sessions.ask(["wait", "--id", "one", "--id", "two", "--any", "--timeout", "20"]);
  deepEqual([any.code, any.answer["id"]], [4, "two"]);
  equal((await sessions.ask(["send", "--id", "one", "--no-wait", "/exit"])).code, 0);
  const { code, stdout } = await sessions.run(["wait", "--id", "one", "--id", "two", "--all", "--timeout", "20"]);
  equal(code, 4);
  const lines = stdout.trimEnd().split("\n").map((line) => parseJson(line));
  deepEqual(lines.map(({ id, exit_code }) => [id, exit_code]).sort(), [["one", 0], ["two", 4]]);
});

test("events --from, --snapshot and follow", async (sessions) => {
  await sessions.startReady("w", ["repl"]);
  const snapshot = await sessions.run(["events", "--id", "w", "--snapshot"]);
  equal(snapshot.code, 0);
  const [started] = snapshot.stdout.split("\n").map((line) => line && parseJson(line));
  ok(typeof started === "object" && started["type"] === "started" && started["schema_version"] === 1);
  match(String(started["ts"]), /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/);
  const from = await sessions.run(["events", "--id", "w", "--snapshot", "--from", String(started["ts"])]);
  equal(from.stdout, snapshot.stdout, "inclusive");
  equal((await sessions.run(["events", "--id", "w", "--snapshot", "--from", "2999-01-01"])).stdout, "");
  equal((await sessions.run(["events", "--id", "w", "--from", "yesterday"])).code, 2);
  equal((await sessions.run(["events", "--id", "nobody"])).code, 1);

  await using follower = sessions.spawn(["events", "--id", "w"]);
  await follower.out.until(/"to":"prompt"/);
  equal((await sessions.ask(["stop", "--id", "w", "--wait"])).code, 0);
  equal((await within(20_000, follower.status)).code, 0);
  await Promise.all([follower.out.ended, follower.err.ended]);
  const types = follower.out.text.trimEnd().split("\n").map((line) => parseJson(line)["type"]);
  deepEqual(types.filter((type) => ["usage", "summary", "exited"].includes(String(type))), [
    "usage",
    "summary",
    "exited",
  ]);
  deepEqual(sessions.events("w").map(({ seq }) => seq), types.map((_, index) => index + 1));
});

test("who finds another session at an address knows that the one that was there has ended", async (sessions) => {
  const commands = [
    { words: ["wait"], code: 0, says: /"exit_code":0/ },
    { words: ["wait", "--until", "task_complete"], code: 1, says: /"state":"exited"/ },
    { words: ["stop", "--timeout", "60"], code: 1, says: /"state":"exited"/ },
    { words: ["events"], code: 0, says: /"type":"exited"/ },
    { words: ["logs", "--follow"], code: 0, says: /^> / },
  ];
  for (const { words, ...expected } of commands) {
    const old = await sessions.startReady("w", ["repl"]);
    const next = Promise.withResolvers<void>();
    await using api = Deno.serve({ hostname: "127.0.0.1", port: 0, onListen() {} }, async () => {
      // Between the look into the record and the call one session ended and the next began.
      Deno.writeTextFileSync(sessions.files("w").record, JSON.stringify(old.json));
      equal((await sessions.run(["stop", "--id", "w", "--wait"])).code, 0);
      await sessions.start("w", ["repl"]);
      next.resolve();
      return Response.json({ ok: false, error: "unauthorized" }, { status: 401 });
    });
    Deno.writeTextFileSync(sessions.files("w").record, JSON.stringify({ ...old.json, port: api.addr.port }));
    const { code, stdout, stderr } = await sessions.run([...words, "--id", "w"]);
    equal(code, expected.code, words.join(" ") + stdout + stderr);
    match(stdout, expected.says, words.join(" "));
    await within(20_000, next.promise); // the log tells the end to who reads it before the address does
    equal((await sessions.run(["stop", "--id", "w", "--wait"])).code, 0);
  }
});
