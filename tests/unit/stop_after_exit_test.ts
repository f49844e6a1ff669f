/** A stop whose agent leaves when it is asked, while one of its tools goes on. */

import type { OsSignal, ProcessRow } from "../../src/platform/platform.ts";
import { createStopLadder } from "../../src/host/stop/ladder.ts";
import { deepEqual, equal } from "../support/assert.ts";
import { createFakeClock } from "../support/fake_clock.ts";

const TOOL: ProcessRow = { pid: 4_712, start: "1", parent: 1, group: 4_712, session: 4_712 };

Deno.test("a stop signals no tool of an agent that has left before the sweep, which ends it", async () => {
  const clock = createFakeClock();
  const exit = Promise.withResolvers<{ code: number }>();
  const signals: OsSignal[] = [];
  const note = (signal: OsSignal | undefined) => {
    if (signal !== undefined) signals.push(signal);
  };
  const tools = () => signals.includes("SIGTERM") ? [] : [TOOL];
  const ladder = createStopLadder({
    agent: {
      pid: 4_711,
      exit: exit.promise,
      graces: { askMs: 5_000, termMs: 2_000 },
      stopAnswer: "exit_sequence_sent",
      interrupt: () => Promise.resolve(),
      askToStop() {
        exit.resolve({ code: 0 });
        return Promise.resolve();
      },
    },
    processes: {
      list: () => Promise.resolve([]),
      findByEnvironment(_marker, signal) {
        const found = tools();
        note(found.length > 0 ? signal : undefined);
        return Promise.resolve(found);
      },
      isAlive: () => Promise.resolve(tools().length > 0),
      signal(_process, signal) {
        note(signal);
        return Promise.resolve(true);
      },
    },
    clock,
    marker: "HARNEX_SESSION_ID=x",
    isTurnRunning: () => false,
    untilTurnEnds: () => Promise.resolve(),
  });
  equal(await ladder.request({}), "exit_sequence_sent");
  await clock.advance(60_000);
  deepEqual(signals, []);
  const swept = ladder.sweep();
  await clock.advance(10_000);
  deepEqual([await swept, signals.length > 0], [[], true]);
});
