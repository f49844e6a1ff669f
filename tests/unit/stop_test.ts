/** The ladder of a stop, with an agent whose terminal takes no keys: what a real one does not show on demand. */

import type { OsSignal, Processes, ProcessRow } from "../../src/platform/platform.ts";
import { createStopper } from "../../src/host/stop/ladder.ts";
import type { AgentProcess } from "../../src/transports/agent_process.ts";
import { deepEqual } from "../support/assert.ts";
import { createFakeClock } from "../support/fake_clock.ts";

const AGENT: ProcessRow = { pid: 4_711, start: "1", parent: 1, group: 4_711, session: 4_711 };
const never = () => new Promise<void>(() => {});

for (const stuck of ["interrupt", "askToStop"] as const) {
  Deno.test(`a stop goes on to TERM and KILL though the agent's ${stuck} never ends`, async () => {
    const clock = createFakeClock();
    const exit = Promise.withResolvers<{ code: number }>();
    const signals: OsSignal[] = [];
    const agent = {
      pid: AGENT.pid,
      exit: exit.promise,
      graces: { askMs: 1_000, termMs: 1_000 },
      stopAnswer: "exit_sequence_sent",
      interrupt: () => Promise.resolve(),
      askToStop: () => Promise.resolve(),
      [stuck]: never,
    } satisfies Partial<AgentProcess>;
    const processes: Pick<Processes, "list" | "findByEnvironment" | "signal" | "isAlive"> = {
      list: () => Promise.resolve(signals.at(-1) === "SIGKILL" ? [] : [AGENT]),
      findByEnvironment: () => Promise.resolve([]),
      isAlive: () => Promise.resolve(signals.at(-1) !== "SIGKILL"),
      signal(_process, signal) {
        signals.push(signal);
        return Promise.resolve(true);
      },
    };
    const stopper = createStopper({
      agent,
      processes,
      clock,
      marker: "HARNEX_SESSION_ID=x",
      isTurnRunning: () => true,
      untilTurnEnds: () => Promise.resolve(),
    });
    const asked = stopper.request({});
    for (let step = 0; step < 20 && signals.length < 2; step++) await clock.advance(1_000);
    deepEqual([await asked, signals], ["exit_sequence_sent", ["SIGTERM", "SIGKILL"]]);
    exit.resolve({ code: 137 });
    deepEqual(await stopper.sweep(), []);
  });
}
