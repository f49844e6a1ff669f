/**
 * Many sessions under mixed load for minutes: nothing grows, and every message is accounted for.
 * `HARNEX_SOAK_MINUTES` (5) and `HARNEX_SOAK_SESSIONS` (50) say how long and how many.
 */

import { join } from "node:path";
import { readMemory } from "../../bench/proc.ts";
import { median } from "../../bench/stats.ts";
import { pause } from "../../bench/world.ts";
import { deepEqual, equal, ok } from "../../support/assert.ts";
import { concurrently } from "../../support/concurrently.ts";
import { untilGone } from "../../support/processes.ts";
import { createRandom, printedSeed } from "../../support/sample.ts";
import { createSessions, type LiveRecord, type Sessions } from "../../support/sessions.ts";
import { within } from "../../support/within.ts";

const ignore = Deno.build.os !== "linux"; // reads /proc
const MINUTES = Number(Deno.env.get("HARNEX_SOAK_MINUTES") ?? "5");
const SESSIONS = Number(Deno.env.get("HARNEX_SOAK_SESSIONS") ?? "50");
const STARTERS = 4;
/** The part of the time after which nothing may grow any more: every kind of work has been done by then. */
const WARM = 0.4;
/** `QUIET_MS` of src/host/idle_memory.ts and a little: a host has then given back what it can. */
const QUIET_MS = 24_000;
/** Between two things that one session is asked for. */
const PAUSE_MS = 1_500;
/** An action that takes this long has failed. */
const PATIENCE_MS = 60_000;
/** On a heap that is collected when it likes. */
const GROWTH_MB = 3;
const MESSAGE_ENDS = ["send", "failed", "expired", "dropped"];

interface Life {
  id: string;
  session: LiveRecord;
  /** what was taken over from us, by its id */
  sent: Map<string, string>;
  /** those that are restarted are new processes, and not measured */
  restarts: "some" | "none";
}

type Action = (life: Life) => Promise<unknown>;

interface Load {
  start(id: string): Promise<LiveRecord>;
  /** Each session does one thing after the other, all sessions at once. */
  run(lives: readonly Life[], ms: number): Promise<void>;
  /** how often each action was done */
  counts: Map<string, number>;
}

function createLoad(sessions: Sessions, random: () => number): Load {
  let number = 0;
  const counts = new Map<string, number>();
  const start = (id: string) => sessions.startReady(id, ["worker"]);

  async function send({ session, sent }: Life, text: string): Promise<void> {
    const response = await sessions.call(session, "/send", {
      method: "POST",
      body: JSON.stringify({ text, submit: true }),
      headers: { "content-type": "application/json" },
    });
    const answer = await response.json();
    if (response.status === 503) return; // refused, and told so
    ok(response.status === 200 || response.status === 202, `${response.status} ${JSON.stringify(answer)}`);
    sent.set(answer.message_id, text);
  }

  async function look({ session }: Life): Promise<void> {
    for (const path of ["/status", "/screen?format=ansi", "/explain", "/inbox", "/events?from=999999999"]) {
      const response = await sessions.call(session, path);
      equal(response.status, 200, path);
      if (path.startsWith("/events")) await response.body?.cancel();
      else await response.text();
    }
  }

  async function attach({ session }: Life): Promise<void> {
    const socket = new WebSocket(`ws://127.0.0.1:${session.port}/attach`, {
      headers: { authorization: `Bearer ${session.token}` },
    });
    const closed = new Promise((resolve) => socket.onclose = resolve);
    await new Promise((resolve) => socket.onmessage = resolve);
    socket.send(JSON.stringify({ type: "resize", rows: 24, columns: 80 + Math.floor(random() * 40) }));
    socket.close();
    await closed;
  }

  async function sendByCommand({ id }: Life): Promise<void> {
    const words = ["send", "--id", id, "--wait-for-idle", "--timeout", "60", "by command"];
    const sent = await sessions.ask(words, { timeoutMs: PATIENCE_MS });
    equal(sent.code, 0, sent.stderr);
  }

  async function restart(life: Life): Promise<void> {
    const words = ["stop", "--id", life.id, "--wait", "--kill-after", "2"];
    const stopped = await sessions.ask(words, { timeoutMs: PATIENCE_MS });
    equal(stopped.code, 0, stopped.stderr);
    life.session = await start(life.id);
  }

  const say: Action = (life) => send(life, `message ${number++}.`);
  /** up to which roll of the dice */
  const actions: readonly [upTo: number, name: string, action: Action][] = [
    [0.02, "send by command", sendByCommand],
    [0.04, "restart", (life) => life.restarts === "some" ? restart(life) : say(life)],
    [0.08, "flood", (life) => send(life, `flood ${1 + Math.floor(random() * 5_000)}`)],
    [0.2, "attach", attach],
    [0.35, "look", look],
    [0.45, "burst", (life) => Promise.all([say(life), say(life), say(life)])],
    [1, "send", say],
  ];

  async function live(life: Life, endAt: number): Promise<void> {
    while (performance.now() < endAt) {
      const dice = random();
      const [, name, action] = actions.find(([upTo]) => dice < upTo) ?? [1, "send", say];
      counts.set(name, (counts.get(name) ?? 0) + 1);
      await within(2 * PATIENCE_MS, action(life), `${name} of ${life.id}`);
      await pause(random() * 2 * PAUSE_MS);
    }
  }

  return {
    start,
    counts,
    run: async (lives, ms) => {
      const endAt = performance.now() + ms;
      await Promise.all(lives.map((life) => live(life, endAt)));
    },
  };
}

interface Reading {
  memoryMb: number;
  descriptors: number;
  files: string[];
}

function read({ sandbox }: Sessions, lives: readonly Life[]): Reading {
  const hosts = lives.filter(({ restarts }) => restarts === "none").map(({ session }) => session.hostPid);
  return {
    memoryMb: median(hosts.map((pid) => readMemory(pid).anonymousMb)),
    descriptors: median(hosts.map((pid) => [...Deno.readDirSync(`/proc/${pid}/fd`)].length)),
    files: listTree(sandbox.stateDir),
  };
}

/** What is there, with what differs from session to session taken out of the names. */
function listTree(folder: string, below = ""): string[] {
  return [...Deno.readDirSync(folder)].flatMap(({ name, isDirectory }) => {
    const shown = `${below}${name.replace(/^[0-9a-f]{16}$/, "own")}`;
    return isDirectory ? listTree(join(folder, name), `${shown}/`) : [shown];
  }).sort();
}

/**
 * Every message that a session took over has one end in its events, and those that were delivered were done once; one
 * that was delivered just before its agent was stopped may only have been typed.
 */
function account(sessions: Sessions, { id, sent, restarts }: Life): void {
  const ends = new Map<string, string[]>();
  for (const event of sessions.events(id)) {
    const type = String(event["type"]);
    if (!MESSAGE_ENDS.includes(type)) continue;
    const messageId = String(event["message_id"]);
    ends.set(messageId, [...(ends.get(messageId) ?? []), type]);
  }
  const transcript = sessions.transcript(id);
  const lines = transcript.split(/\r?\n/);
  const got = new Map<string, number>();
  for (const line of lines) got.set(line, (got.get(line) ?? 0) + 1);
  for (const [messageId, text] of sent) {
    const told = ends.get(messageId) ?? [];
    equal(told.length, 1, `${id}: message ${messageId} ended as ${JSON.stringify(told)}`);
    if (!text.startsWith("message ") || told[0] !== "send") continue;
    const done = got.get(`did: ${text}`) ?? 0;
    ok(
      done === 1 || (done === 0 && restarts === "some" && transcript.includes(text)),
      `${id}: ${text} done ${done} times`,
    );
  }
}

Deno.test({
  name: `${SESSIONS} sessions under mixed load for ${MINUTES} minutes: nothing grows, no message is lost`,
  ignore,
  async fn() {
    await using sessions = createSessions();
    const load = createLoad(sessions, createRandom(printedSeed()));
    const lives: Life[] = [];
    await concurrently(STARTERS, Array.from({ length: SESSIONS }, (_, index) => index), async (index) => {
      const session = await load.start(`s${index}`);
      lives.push({ id: `s${index}`, session, sent: new Map(), restarts: index % 5 === 0 ? "some" : "none" });
    });
    const loadMs = MINUTES * 60_000;
    await load.run(lives, loadMs * WARM);
    await pause(QUIET_MS);
    const before = read(sessions, lives);
    await load.run(lives, loadMs * (1 - WARM));
    await pause(QUIET_MS);
    const after = read(sessions, lives);

    const messages = lives.reduce((sum, { sent }) => sum + sent.size, 0);
    const show = ({ memoryMb, descriptors, files }: Reading) =>
      `${memoryMb.toFixed(1)} MB, ${descriptors} descriptors a host, ${files.length} files`;
    console.log(`${messages} messages, ${JSON.stringify(Object.fromEntries(load.counts))}`);
    console.log(`from ${show(before)} to ${show(after)}`);
    ok(messages > 0, "no message was taken");
    ok(after.memoryMb - before.memoryMb <= GROWTH_MB, "memory grows");
    ok(after.descriptors <= before.descriptors, "descriptors grow");
    // A session that is restarted leaves an exit record; one of every other kind is there from the start.
    const isNew = (file: string) => !before.files.includes(file) && !file.startsWith("exits/");
    deepEqual(after.files.filter(isNew), [], "files grow");
    for (const life of lives) account(sessions, life);

    equal((await sessions.run(["stop", "--all"], { timeoutMs: PATIENCE_MS })).code, 0);
    await untilGone(`=${sessions.sandbox.stateDir}`, PATIENCE_MS);
    const left = listTree(sessions.sandbox.stateDir).filter((file) =>
      /^(sessions|locks|launches|snapshots)\//.test(file)
    );
    deepEqual(left, []);
    const rows = JSON.parse((await sessions.run(["history", "--json", "--limit", "100000"])).stdout);
    // A session that is restarted while it works is stopped in the middle of a turn.
    const ends = new Set(rows.map(({ exit }: { exit: string }) => exit));
    deepEqual([...ends].filter((exit) => exit !== "success" && exit !== "stopped"), []);
  },
});
