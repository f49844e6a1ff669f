/**
 * Fifty sessions at once: how long they take to start, what they take together, whether each of them answers.
 */

import { atMost } from "./figure.ts";
import { listTree, readMemory } from "./proc.ts";
import { type Benchmark, createBenchSandbox, pause, startMany } from "./world.ts";

const SESSIONS = 50;
const SETTLE_MS = 3_000;
/** The machine that has to bear it. */
const MEMORY_TARGET = atMost(24_000);

export const many: Benchmark = {
  name: "many",
  linuxOnly: true,
  async run(world) {
    await using sandbox = createBenchSandbox(world);
    world.note(`starting ${SESSIONS} sessions`);
    const startedAt = performance.now();
    const sessions = await startMany(sandbox, SESSIONS);
    const startTook = performance.now() - startedAt;

    await pause(SETTLE_MS);
    const trees = sessions.map(({ hostPid }) => listTree(hostPid).map(readMemory));
    const total = trees.flat().reduce((sum, memory) => sum + memory.proportionalMb, 0);
    const own = sessions.reduce((sum, { hostPid }) => sum + readMemory(hostPid).anonymousMb, 0);

    const sentAt = performance.now();
    await Promise.all(sessions.map((session) => session.api("POST", "/send", { text: "all together", submit: true })));
    const sendTook = performance.now() - sentAt;
    return [
      { name: `${SESSIONS} sessions at their prompt`, value: startTook / 1000, unit: "s" },
      {
        name: `memory of ${SESSIONS} sessions`,
        value: total,
        unit: "MB",
        ...MEMORY_TARGET,
        note: `proportional, with helpers and agents; hosts' own ${own.toFixed(0)} MB`,
      },
      { name: `one message to each of ${SESSIONS}, all taken`, value: sendTook, unit: "ms" },
    ];
  },
};
