/** The stop ladder, with agents that do on demand what a real one seldom does. */

import type { Processes, ProcessRow } from "../../src/platform/platform.ts";
import { createStopLadder } from "../../src/host/stop/ladder.ts";
import type { AgentProcess } from "../../src/transports/agent_process.ts";
import { deepEqual, equal } from "../support/assert.ts";
import { createFakeClock } from "../support/fake_clock.ts";

const AGENT: ProcessRow = { pid: 4_711, start: "1", parent: 1, group: 4_711, session: 4_711 };
const never = () => new Promise<void>(() => {});

interface BenchOptions {
  turn?: "running" | "none";
  /** takes the place of what the agent does */
  agent?: Partial<Pick<AgentProcess, "interrupt" | "askToStop">>;
  /** what ends the process */
  diesOf?: "SIGKILL" | "SIGTERM";
}

/** A ladder before an agent with one process, which ends only by a signal. `log` says what it got, and when. */
function bench({ turn = "none", agent = {}, diesOf = "SIGKILL" }: BenchOptions = {}) {
  const clock = createFakeClock();
  const exit = Promise.withResolvers<{ code: number }>();
  const log: [what: string, atMs: number][] = [];
  let isAlive = true;
  const note = (what: string) => {
    log.push([what, clock.monotonic()]);
    return Promise.resolve();
  };
  const processes: Pick<Processes, "list" | "findByEnvironment" | "signal" | "isAlive"> = {
    list: () => Promise.resolve(isAlive ? [AGENT] : []),
    findByEnvironment: () => Promise.resolve([]),
    isAlive: () => Promise.resolve(isAlive),
    async signal(_process, signal) {
      await note(signal);
      if (signal !== diesOf) return true;
      isAlive = false;
      exit.resolve({ code: 137 });
      return true;
    },
  };
  const ladder = createStopLadder({
    agent: {
      pid: AGENT.pid,
      exit: exit.promise,
      graces: { askMs: 5_000, termMs: 2_000 },
      stopAnswer: "exit_sequence_sent",
      interrupt: () => note("interrupt"),
      askToStop: () => note("ask"),
      ...agent,
    },
    processes,
    clock,
    marker: "HARNEX_SESSION_ID=x",
    isTurnRunning: () => turn === "running",
    untilTurnEnds: (limitMs) => clock.sleep(limitMs),
  });
  return { clock, ladder, log };
}

Deno.test("a stop interrupts the turn, asks, sends TERM after the first grace and KILL after the second", async () => {
  const { clock, ladder, log } = bench({ turn: "running" });
  equal(ladder.requested, false);
  const asked = ladder.request({});
  equal(ladder.requested, true);
  await clock.advance(60_000);
  deepEqual([await asked, log], [
    "exit_sequence_sent",
    [["interrupt", 0], ["ask", 1_000], ["SIGTERM", 6_000], ["SIGKILL", 8_000]],
  ]);
  deepEqual(await ladder.sweep(), []);
});

Deno.test("a stop without a turn interrupts nothing, and --kill-after sets both graces", async () => {
  const { clock, ladder, log } = bench();
  await ladder.request({ killAfterMs: 300 });
  await clock.advance(60_000);
  deepEqual(log, [["ask", 0], ["SIGTERM", 300], ["SIGKILL", 600]]);
});

Deno.test("a further stop goes one rung up, but not within a second of the last rung", async () => {
  const { clock, ladder, log } = bench();
  await ladder.request({});
  await clock.advance(500);
  equal(await ladder.request({}), "already_requested");
  await clock.advance(500);
  deepEqual(log, [["ask", 0]]);
  await ladder.request({});
  await clock.advance(1_500);
  await ladder.request({});
  await clock.advance(0);
  deepEqual(log, [["ask", 0], ["SIGTERM", 1_000], ["SIGKILL", 2_500]]);
});

Deno.test("a stop climbs no further once the agent has exited", async () => {
  const { clock, ladder, log } = bench({ diesOf: "SIGTERM" });
  await ladder.request({});
  await clock.advance(60_000);
  deepEqual(log, [["ask", 0], ["SIGTERM", 5_000]]);
});

for (const stuck of ["interrupt", "askToStop"] as const) {
  Deno.test(`a stop goes on to TERM and KILL though the agent's ${stuck} never ends`, async () => {
    const { clock, ladder, log } = bench({ turn: "running", agent: { [stuck]: never } });
    const asked = ladder.request({});
    await clock.advance(60_000);
    deepEqual([await asked, log.map(([what]) => what).filter((what) => what.startsWith("SIG"))], [
      "exit_sequence_sent",
      ["SIGTERM", "SIGKILL"],
    ]);
    deepEqual(await ladder.sweep(), []);
  });
}
