/**
 * `harnex wait`: the truth at once, whatever the moment, for one session or many.
 */

import { deepEqual, equal, match } from "../support/assert.ts";
import { randomFrom } from "../support/random.ts";
import { linuxTest as test } from "../support/own_sessions.ts";
import { type Json, parseJson } from "../support/sessions.ts";
import { within } from "../support/within.ts";

/** More by hand: HARNEX_WAIT_ROUNDS=1000 */
const ROUNDS = Number(Deno.env.get("HARNEX_WAIT_ROUNDS") ?? "32");
const SEED = Number(Deno.env.get("HARNEX_WAIT_SEED") ?? Date.now() % 1_000_000);
/** At most so many programs at once on a machine with two cores. */
const AT_ONCE = 4;
/** `run` returns a few milliseconds after the agent has started, and `wait` needs about 50 for its first look. */
const LONGEST_LIFE_MS = 160;

test(`wait gives 7 each time when the agent exits with 7 while it starts (${ROUNDS} rounds, seed ${SEED})`, async (sessions) => {
  const random = randomFrom(SEED);
  const tally = { before: 0, during: 0, after: 0 };
  const one = async (round: number): Promise<void> => {
    const id = `seven-${round}`;
    const life = `0.${String(random(LONGEST_LIFE_MS)).padStart(3, "0")}`;
    const agent = ["sh", "--", "-c", `sleep ${life}; exit 7`];
    const started = await sessions.run(["run", "--detach", "--timeout", "30", "--id", id, ...agent]);
    equal(started.code, 0, started.stderr);
    const beganAt = Date.now();
    const { code, answer } = await sessions.ask(["wait", "--id", id, "--timeout", "20"]);
    const endedAt = Date.now();
    deepEqual([code, answer["exit_code"], answer["reason"]], [7, 7, "failure"], `round ${round}, life ${life}`);
    const exitedAt = Date.parse(String(sessions.events(id).find(({ type }) => type === "exited")?.["ts"]));
    const after = exitedAt - beganAt;
    tally[after < 0 ? "before" : after < (endedAt - beganAt) / 2 ? "during" : "after"]++;
  };
  let next = 0;
  const worker = async () => {
    while (next < ROUNDS) await one(next++);
  };
  await Promise.all(Array.from({ length: AT_ONCE }, worker));
  console.log(
    `seed ${SEED}: exited before the wait began, in its first and in its second half: ${JSON.stringify(tally)}`,
  );
});

test("wait --any returns with the first of several sessions, --all with every one", async (sessions) => {
  const ids = Array.from({ length: 6 }, (_, index) => `s${index}`);
  await Promise.all(ids.map((id) => sessions.startReady(id, ["repl"])));
  const words = ids.flatMap((id) => ["--id", id]);
  await using any = sessions.spawn(["wait", ...words, "--any", "--timeout", "60"]);
  await using all = sessions.spawn(["wait", ...words, "--all", "--timeout", "60"]);
  await sessions.run(["send", "--id", "s3", "quit 7"]);
  equal((await within(20_000, any.status)).code, 7);
  await any.out.ended;
  deepEqual(any.out.text.trim().split("\n").map((line) => JSON.parse(line).id), ["s3"]);
  await Promise.all(ids.map((id) => sessions.run(["stop", "--id", id])));
  equal((await within(30_000, all.status)).code, 7);
  await all.out.ended;
  deepEqual(all.out.text.trim().split("\n").map((line) => JSON.parse(line).id).sort(), ids);
});

test("wait for several ids gives a line for one that is unknown, and goes on with the others", async (sessions) => {
  equal((await sessions.run(["run", "--detach", "--id", "over", "sh", "--", "-c", "exit 7"])).code, 0);
  equal((await sessions.run(["wait", "--id", "over"])).code, 7);
  await sessions.startReady("on", ["repl"]);
  const lines = (text: string) => text.trim().split("\n").map((line) => JSON.parse(line));
  const unknown = { ok: false, id: "nobody", status: "not_found" };
  const brief = ({ ok, id, status, exit_code }: Json) => ({ ok, id, ...(status ? { status } : { exit_code }) });

  const any = await sessions.run(["wait", "--id", "nobody", "--id", "over", "--any"]);
  deepEqual([any.code, lines(any.stdout).map(brief)], [7, [{ ok: true, id: "over", exit_code: 7 }]]);
  for (const [until, code] of [[[], 1], [["--until", "done"], 3], [["--until", "prompt"], 1]] as const) {
    const none = await sessions.run(["wait", "--id", "nobody", "--id", "nemo", "--any", ...until]);
    deepEqual([none.code, lines(none.stdout).map(brief)], [code, [unknown, { ...unknown, id: "nemo" }]]);
  }

  await using first = sessions.spawn(["wait", "--id", "on", "--id", "nobody", "--any", "--timeout", "60"]);
  await using every = sessions.spawn(["wait", "--id", "on", "--id", "nobody", "--all", "--timeout", "60"]);
  await first.err.until(/watching session on/);
  await first.err.until(/^harnex wait: no active session "nobody" in .*; see: harnex status --all$/m);
  await every.err.until(/watching session on/);
  await every.out.until(/not_found/);
  equal((await sessions.run(["send", "--id", "on", "quit 5"])).code, 0);
  deepEqual([(await within(20_000, first.status)).code, (await within(20_000, every.status)).code], [5, 5]);
  await Promise.all([first.out.ended, every.out.ended]);
  const on = { ok: true, id: "on", exit_code: 5 };
  deepEqual([lines(first.out.text).map(brief), lines(every.out.text).map(brief)], [[on], [unknown, on]]);
});

test("wait says in a pipe what it waits for, and where a session was when time ran out", async (sessions) => {
  const { pid } = await sessions.startReady("w", ["repl"]);
  const exit = await sessions.ask(["wait", "--id", "W", "--timeout", "0.2"]);
  equal(exit.stderr, `harnex wait: watching session W (pid ${pid})\n`);
  deepEqual([exit.code, exit.answer["pid"], exit.answer["state"]], [124, pid, undefined]);
  const blocked = await sessions.ask(["wait", "--id", "w", "--until", "blocked", "--timeout", "2"]);
  equal(blocked.stderr, "harnex wait: waiting for w to reach blocked\n");
  deepEqual([blocked.code, blocked.answer["state"]], [124, "prompt"]);
  equal((await sessions.run(["send", "--id", "w", "--no-wait", "work 100"])).code, 0);
  equal((await sessions.ask(["wait", "--id", "w", "--until", "busy"])).code, 0);
  const late = await sessions.ask(["wait", "--id", "w", "--until", "prompt", "--timeout", "2"]);
  deepEqual([late.code, late.answer["state"], late.answer["status"]], [124, "busy", "timeout"]);
  const done = await sessions.ask(["wait", "--id", "w", "--until", "task_complete", "--timeout", "0.2"]);
  deepEqual([done.code, done.answer["state"], done.stderr], [124, undefined, ""]);
});

test("wait --timeout is a hard cap, and --heartbeat tells that it still waits", async (sessions) => {
  await sessions.startReady("cap", ["repl"]);
  const { code, answer, stderr } = await sessions.ask([
    ...["wait", "--id", "cap", "--until", "never", "--timeout", "1", "--heartbeat", "0.3"],
  ]);
  deepEqual([code, answer["status"], answer["id"]], [124, "timeout", "cap"]);
  match(stderr, /harnex wait: still waiting for cap after 0\.3s/);
});

test("a --timeout of more than 24.8 days is not over at once, and neither is an inbox's patience", async (sessions) => {
  await sessions.start("long", ["repl", "--inbox-ttl", "600h"]);
  equal((await sessions.ask(["wait", "--id", "long", "--until", "prompt", "--timeout", "600h"])).code, 0);
  await using waiting = sessions.spawn(["wait", "--id", "long", "--timeout", "1000d", "--heartbeat", "0.2"]);
  await waiting.err.until(/still waiting/);
  await sessions.run(["send", "--id", "long", "work 0.5"]);
  equal((await sessions.ask(["send", "--id", "long", "--timeout", "600h", "quit 7"])).answer["ok"], true);
  equal((await within(20_000, waiting.status)).code, 7);
});

test("wait tells of the session that it began with, though its id is used again meanwhile", async (sessions) => {
  const first = await sessions.startReady("twice", ["repl"]);
  await using waiting = sessions.spawn(["wait", "--id", "twice", "--timeout", "60", "--heartbeat", "0.2"]);
  await waiting.err.until(/still waiting/);
  await sessions.run(["send", "--id", "twice", "quit 3"]);
  await sessions.run(["wait", "--id", "twice"]);
  await sessions.startReady("twice", ["repl"]);
  equal((await within(20_000, waiting.status)).code, 3);
  await waiting.out.ended;
  equal(JSON.parse(waiting.out.text).session_id, first.sessionId);
});

test("wait --until task_complete does not take a completion of an older run", async (sessions) => {
  await sessions.startReady("old", ["repl"]);
  equal((await sessions.ask(["send", "--id", "old", "--wait-for-idle", "one"])).code, 0);
  equal((await sessions.ask(["stop", "--id", "old", "--wait"])).code, 0);
  await sessions.startReady("old", ["repl"]);
  equal((await sessions.ask(["wait", "--id", "old", "--until", "task_complete", "--timeout", "1"])).code, 124);
  equal((await sessions.ask(["wait", "--id", "nobody", "--until", "done"])).code, 3);
});

test("wait --until an agent's own name of a state sees it now and when it comes", async (sessions) => {
  await sessions.startReady("own", ["repl"]);
  await using waiter = sessions.spawn(["wait", "--id", "own", "--until", "session", "--heartbeat", "0.05"]);
  await waiter.err.until(/still waiting/);
  equal((await sessions.ask(["send", "--id", "own", "work 2"])).code, 0);
  equal((await within(20_000, waiter.status)).code, 0);
  await Promise.all([waiter.out.ended, waiter.err.ended]);
  const { waited_seconds: _waited, ...answer } = parseJson(waiter.out.text);
  deepEqual(answer, { ok: true, id: "own", state: "session" });
  equal(/knows no state/.test(waiter.err.text), false);
  const menu = "printf 'Which one?\\n> 1. Left\\n  2. Right\\n\\033[A\\033[A'; exec sleep 1000";
  await sessions.start("menu", ["sh", "--", "-c", menu]);
  for (let round = 0; round < 2; round++) {
    const now = await sessions.ask(["wait", "--id", "menu", "--until", "choice", "--timeout", "20"]);
    deepEqual([now.code, now.answer["state"]], [0, "choice"], now.stderr);
    equal(/knows no state/.test(now.stderr), false);
  }
});

test("a state that no session ever comes to is warned of before the wait", async (sessions) => {
  await sessions.startReady("typo", ["repl"]);
  const { code, stderr } = await sessions.ask(["wait", "--id", "typo", "--until", "promt", "--timeout", "0.2"]);
  equal(code, 124);
  match(stderr, /^harnex wait: harnex knows no state "promt"; did you mean prompt\?$/m);
  const known = await sessions.ask(["wait", "--id", "typo", "--until", "prompt", "--timeout", "20"]);
  equal(known.stderr, "harnex wait: waiting for typo to reach prompt\n");
});
