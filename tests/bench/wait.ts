/**
 * From the end of a turn, as its event tells it, to the end of the `wait` that waited for it.
 */

import { atMost } from "./figure.ts";
import { median, spread } from "./stats.ts";
import { type Benchmark, createBenchSandbox, lastCompletion, pause, RAW_AGENT } from "./world.ts";

const ROUNDS = 15;
/** By then `wait` has connected, on a busy machine too; it would see the event either way. */
const CONNECTED_MS = 400;
const TARGET = atMost(15);

export const wait: Benchmark = {
  name: "wait",
  async run(world) {
    await using sandbox = createBenchSandbox(world);
    const session = await sandbox.start("raw", RAW_AGENT);
    world.note(`${ROUNDS} turns`);
    const late: number[] = [];
    for (let round = -1; round < ROUNDS; round++) {
      await session.ready();
      const waiting = sandbox.time(["wait", "--id", "raw", "--until", "task_complete", "--next", "--timeout", "20"]);
      const ended = waiting.then(() => Date.now());
      await pause(CONNECTED_MS);
      await session.api("POST", "/send", { text: "go", submit: true });
      const endedAt = await ended;
      if (round >= 0) late.push(endedAt - lastCompletion(session)); // the first round only warms up
    }
    return [{
      name: "event → wait returns",
      value: median(late),
      unit: "ms",
      ...TARGET,
      note: `from the event's ts to the exit of the process; ${spread(late, "ms")}`,
    }];
  },
};
