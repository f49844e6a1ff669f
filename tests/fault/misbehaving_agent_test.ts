/**
 * Agents that misbehave: the session's state is right or unknown, it answers meanwhile, its memory stays in bounds,
 * and after `stop` nothing of it is left.
 */

import { join } from "node:path";
import { type Case, testAtOnce } from "../support/at_once.ts";
import { deepEqual, equal, match, ok } from "../support/assert.ts";
import { readMemory } from "../bench/proc.ts";
import { listMarked, untilGone } from "../support/processes.ts";
import { createRandom, printedSeed } from "../support/sample.ts";
import { createSessions, type LiveRecord, type Sessions } from "../support/sessions.ts";
import { until } from "../support/until.ts";
import { within } from "../support/within.ts";

const ignore = Deno.build.os !== "linux"; // reads /proc
const PATIENCE_MS = 60_000;
/** `HARNEX_SOAK` makes the floods as long as the contract says. */
const SOAK = Deno.env.get("HARNEX_SOAK") !== undefined;
const FLOOD_SECONDS = SOAK ? 120 : 3;
const LINE_BYTES = 100_000_000;
const NOISE_BYTES = 2_000_000;
const QUERY_MS = SOAK ? 30_000 : 3_000;
const QUERY_ANSWER = "\x1b[?";
/** What a host may have for itself while it is flooded; it gives most of it back when it is quiet. */
const HOST_MB = 120;
/** What the programs around the agent may have; each takes one or two. */
const HELPER_MB = 5;

interface Watched {
  /** every state that the session was in */
  states: Set<string>;
  hostMb: number;
  helperMb: number;
  answers: number;
}

/** Looks at a session, again and again, until `isOver` says so. */
async function watch(sessions: Sessions, session: LiveRecord, isOver: (state: string) => boolean): Promise<Watched> {
  const seen: Watched = { states: new Set(), hostMb: 0, helperMb: 0, answers: 0 };
  await until(PATIENCE_MS + FLOOD_SECONDS * 1_000, async () => {
    const answer = await within(10_000, sessions.call(session, "/status"), "an answer");
    const state = String((await answer.json()).agent_state);
    seen.states.add(state);
    seen.answers += 1;
    seen.hostMb = Math.max(seen.hostMb, readMemory(session.hostPid).anonymousMb);
    for (const { pid, argv } of listMarked(session.sessionId)) {
      if (argv[0]?.endsWith("script")) seen.helperMb = Math.max(seen.helperMb, readMemory(pid).anonymousMb);
    }
    return isOver(state) ? true : undefined;
  }, "the end of it");
  ok(seen.hostMb < HOST_MB, `the host has ${seen.hostMb} MB`);
  ok(seen.helperMb < HELPER_MB, `script has ${seen.helperMb} MB`);
  console.log(`${seen.answers} answers, host ${seen.hostMb.toFixed(1)} MB, script ${seen.helperMb.toFixed(1)} MB`);
  return seen;
}

async function stopWhole(sessions: Sessions, { sessionId }: LiveRecord): Promise<void> {
  const { code, answer } = await sessions.ask(["stop", "--id", "m", "--wait", "--kill-after", "0.3"]);
  const { exit_code, reason, ...told } = answer;
  deepEqual({ code, told }, { code: 0, told: { ok: true, signal: "exit_sequence_sent", id: "m" } });
  deepEqual([typeof exit_code, typeof reason], ["number", "string"], "the end that it waited for");
  // What it could not end, the host would name in its log.
  const log = Deno.readTextFileSync(join(sessions.sandbox.stateDir, "logs", "m.log"));
  equal(/processes .* do not end/.test(log), false, log);
  await untilGone(sessionId, 5_000);
  equal((await sessions.run(["status", "--json"])).stdout, "[]\n");
}

const cases: Case[] = [];

function menace(what: string, words: string[], fn: (sessions: Sessions, session: LiveRecord) => Promise<void>): void {
  cases.push({
    name: `an agent that ${what}`,
    async fn() {
      await using sessions = createSessions();
      const session = await sessions.start("m", ["menace", "--", ...words]);
      await fn(sessions, session);
      await stopWhole(sessions, session);
    },
  });
}

async function echoes(sessions: Sessions): Promise<void> {
  const sent = await sessions.ask(["send", "--id", "m", "--wait-for-idle", "--timeout", "30", "hello"]);
  deepEqual([sent.code, sent.answer["state"]], [0, "prompt"], sent.stderr);
  ok(/did: .*hello/.test(sessions.transcript("m").slice(-1_000)), "the agent got it");
}

menace(`floods at 1 MB/s for ${FLOOD_SECONDS} s`, ["flood", String(FLOOD_SECONDS)], async (sessions, session) => {
  const { states } = await watch(sessions, session, (state) => state === "prompt");
  deepEqual([...states].sort(), ["prompt", "unknown"]);
  await echoes(sessions);
});

menace("prints 100 MB without a line end", ["line", String(LINE_BYTES)], async (sessions, session) => {
  const { states } = await watch(sessions, session, (state) => state === "prompt");
  deepEqual([...states].sort(), ["prompt", "unknown"]);
  equal(Deno.statSync(sessions.files("m").output).size, LINE_BYTES + "\r\n> ".length);
  await echoes(sessions);
});

cases.push({
  name: "an agent that prints 2 MB of noise",
  async fn() {
    await using sessions = createSessions();
    const path = join(sessions.sandbox.path, "noise");
    const random = createRandom(printedSeed());
    Deno.writeFileSync(path, Uint8Array.from({ length: NOISE_BYTES }, () => random() * 256));
    const session = await sessions.start("m", ["menace", "--", "noise", path]);
    await watch(sessions, session, (state) => state === "prompt");
    await echoes(sessions);
    equal((await sessions.run(["pane", "--id", "m", "--json"])).code, 0);
    await stopWhole(sessions, session);
  },
});

menace("asks for two thousand million lines", ["counts"], async (sessions, session) => {
  await watch(sessions, session, (state) => state === "prompt");
  await echoes(sessions);
  const { code, stdout } = await sessions.run(["logs", "--id", "m", "--plain"]);
  deepEqual([code, stdout], [0, "xxxxxxx\n> hello\ndid: hello\n>\n"]);
});

menace("prints half a character", ["half"], async (sessions, session) => {
  await watch(sessions, session, (state) => state === "prompt");
  const { stdout } = await sessions.run(["pane", "--id", "m"]);
  match(stdout, /^price: 5 €\n>$/m);
  await echoes(sessions);
});

menace("asks its terminal without end and reads no answer", ["queries"], async (sessions, session) => {
  const endAt = performance.now() + QUERY_MS;
  const { states } = await watch(sessions, session, () => performance.now() > endAt);
  deepEqual([...states], ["unknown"]);
  equal(sessions.transcript("m").slice(0, 200).includes(QUERY_ANSWER), true); // its own questions, not our answers
});

menace("hides its prompt behind another screen", ["alternate"], async (sessions, session) => {
  await watch(sessions, session, (state) => state === "prompt");
  await using hidden = sessions.spawn(["send", "--id", "m", "--wait-for-idle", "hello"]);
  await until(PATIENCE_MS, async () => {
    const text = await (await sessions.call(session, "/screen?format=text")).text();
    return text.includes("working, not at a prompt") ? true : undefined;
  }, "the other screen");
  const status = await (await sessions.call(session, "/status")).json();
  ok(status.agent_state !== "prompt", "the prompt cannot be seen, and is not believed");
  Deno.writeTextFileSync(join(sessions.sandbox.project, "show"), "");
  equal((await within(PATIENCE_MS, hidden.status)).code, 0);
  match(sessions.transcript("m"), /did: hello/);
});

menace("leaves daemons behind that ignore signals", ["forks"], async (sessions, session) => {
  await watch(sessions, session, (state) => state === "prompt");
  ok(listMarked(session.sessionId).filter(({ argv }) => argv[0] === "sleep").length >= 2, "its daemons run");
});

menace("leaves a daemon behind that is another process all the time", ["hops"], async (sessions, session) => {
  await watch(sessions, session, (state) => state === "prompt");
  const isHop = ({ argv }: { argv: readonly string[] }) => argv[0] === "sh" || argv[0] === "sleep";
  await until(PATIENCE_MS, () => listMarked(session.sessionId).some(isHop) || undefined, "its daemon");
});

menace("never prints", ["silent"], async (sessions, session) => {
  const sent = await sessions.ask(["send", "--id", "m", "--timeout", "1", "hello"]);
  deepEqual([sent.code, sent.answer["status"]], [124, "timeout"]);
  const { states } = await watch(sessions, session, () => true);
  deepEqual([...states], ["unknown"]);
});

cases.push({
  name: "an agent that ignores HUP, INT, TERM and the end of its input",
  async fn() {
    await using sessions = createSessions();
    await stopWhole(sessions, await sessions.start("m", ["stubborn"]));
  },
});

cases.push({
  name: "an agent that exits before its first byte",
  async fn() {
    await using sessions = createSessions();
    for (const code of [0, 3]) {
      await sessions.run(["run", "--detach", "--timeout", "30", "--id", "m", "menace", "--", "early", String(code)]);
      const { code: waited, answer } = await sessions.ask(["wait", "--id", "m", "--timeout", "20"]);
      deepEqual([waited, answer["exit_code"], answer["reason"]], [code, code, code === 0 ? "success" : "failure"]);
      equal(sessions.events("m").at(-1)?.["type"], "exited");
    }
    await untilGone(`=${sessions.sandbox.stateDir}`, 5_000);
  },
});

cases.push({
  name: "a terminal that changes its size a thousand times",
  async fn() {
    await using sessions = createSessions();
    const session = await sessions.start("m", ["sizes"]);
    const socket = new WebSocket(`ws://127.0.0.1:${session.port}/attach`, {
      headers: { authorization: `Bearer ${session.token}` },
    });
    try {
      await within(10_000, new Promise((resolve) => socket.onopen = resolve), "the connection");
      for (let index = 0; index < 1_000; index++) {
        socket.send(JSON.stringify({ type: "resize", rows: 5 + index % 90, columns: 20 + index % 200 }));
      }
      socket.send(JSON.stringify({ type: "resize", rows: 33, columns: 77 }));
      await until(PATIENCE_MS, () => /33 77\s*$/.test(sessions.transcript("m")) ? true : undefined, "the last size");
      const screen = await (await sessions.call(session, "/screen?format=json")).json();
      deepEqual([screen.rows, screen.columns], [33, 77]);
      const { anonymousMb } = readMemory(session.hostPid);
      console.log(`host ${anonymousMb.toFixed(1)} MB`);
      ok(anonymousMb < HOST_MB, `the host has ${anonymousMb} MB`);
    } finally {
      socket.close();
    }
    await stopWhole(sessions, session);
  },
});

testAtOnce("agents that misbehave", ignore, cases);
