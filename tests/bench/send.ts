/**
 * From a message to the evidence that an agent which answers at once has taken it, without the wait that agents need
 * between the text and Enter.
 */

import { atMost } from "./figure.ts";
import { alternate, median, spread } from "./stats.ts";
import { type Benchmark, createBenchSandbox, RAW_AGENT } from "./world.ts";

const ROUNDS = 15;
/** `BEFORE_ENTER_MS` of src/transports/pty/pty_agent.ts: no faster delivery would reach a real agent. */
const AGENT_PAUSE_MS = 100;
const TARGET = atMost(20);

export const send: Benchmark = {
  name: "send",
  async run(world) {
    const { hello } = world.builds;
    await using sandbox = createBenchSandbox(world);
    const session = await sandbox.start("raw", RAW_AGENT);
    await session.ready();
    world.note(`${2 * ROUNDS} messages`);
    const text = "please look at the failing test";
    const times = await alternate({
      hello: () => sandbox.time([], hello),
      async api() {
        await session.ready();
        const startedAt = performance.now();
        const answer = await session.api("POST", "/send", { text, submit: true });
        if (answer["status"] !== "delivered") throw new Error(`not delivered: ${JSON.stringify(answer)}`);
        return performance.now() - startedAt - AGENT_PAUSE_MS;
      },
      async process() {
        await session.ready();
        return await sandbox.time(["send", "--id", "raw", "--message", text]) - AGENT_PAUSE_MS;
      },
    }, ROUNDS);
    const start = median(times("hello"));
    return [
      {
        name: "send → evidence, from the API call",
        value: median(times("api")),
        unit: "ms",
        ...TARGET,
        note: `less ${AGENT_PAUSE_MS} ms pause; ${spread(times("api"), "ms")}`,
      },
      {
        name: "send → evidence, whole command less hello world",
        value: median(times("process")) - start,
        unit: "ms",
        ...TARGET,
        note: `less ${AGENT_PAUSE_MS} ms pause and ${start.toFixed(1)} ms start; ${spread(times("process"), "ms")}`,
      },
    ];
  },
};
