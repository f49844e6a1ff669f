/**
 * `harnex wait`: the truth at once, whatever the moment, for one session or many.
 */

import { deepEqual, equal, match, ok } from "../support/assert.ts";
import { randomFrom } from "../support/random.ts";
import { createSessions, parseJson, type Sessions } from "../support/sessions.ts";
import { within } from "../support/within.ts";

const ignore = Deno.build.os !== "linux";

function test(name: string, fn: (sessions: Sessions) => Promise<void>): void {
  Deno.test({
    name,
    ignore,
    async fn() {
      await using sessions = createSessions();
      await fn(sessions);
    },
  });
}

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

test("wait --timeout is a hard cap, and --heartbeat tells that it still waits", async (sessions) => {
  await sessions.startReady("cap", ["repl"]);
  const startedAt = performance.now();
  const { code, answer, stderr } = await sessions.ask([
    ...["wait", "--id", "cap", "--until", "never", "--timeout", "1", "--heartbeat", "0.3"],
  ]);
  ok(performance.now() - startedAt < 5_000);
  deepEqual([code, answer["status"], answer["id"]], [124, "timeout", "cap"]);
  match(stderr, /harnex wait: still waiting for cap after 0\.3s/);
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
  equal(/no session ever/.test(waiter.err.text), false);
  const menu = "printf 'Which one?\\n> 1. Left\\n  2. Right\\n\\033[A\\033[A'; exec sleep 1000";
  await sessions.start("menu", ["sh", "--", "-c", menu]);
  for (let round = 0; round < 2; round++) {
    const now = await sessions.ask(["wait", "--id", "menu", "--until", "choice", "--timeout", "20"]);
    deepEqual([now.code, now.answer["state"], now.stderr], [0, "choice", ""]);
  }
});

test("a state that no session ever comes to is warned of before the wait", async (sessions) => {
  await sessions.startReady("typo", ["repl"]);
  const { code, stderr } = await sessions.ask(["wait", "--id", "typo", "--until", "promt", "--timeout", "0.2"]);
  equal(code, 124);
  match(stderr, /^harnex wait: no session ever comes to "promt"; did you mean prompt\?$/m);
  equal((await sessions.ask(["wait", "--id", "typo", "--until", "prompt", "--timeout", "20"])).stderr, "");
});
