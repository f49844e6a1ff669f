/**
 * One `wait --any` on fifty sessions: what it costs while nothing happens, and how soon it returns after the first.
 */

import { atMost } from "./figure.ts";
import { listTree, readTicks } from "./proc.ts";
import { median, spread } from "./stats.ts";
import { type Benchmark, createBenchSandbox, lastCompletion, pause, startMany } from "./world.ts";

const SESSIONS = 50;
const ROUNDS = 10;
/** By then it has connected to all of them; it would see the event either way. */
const CONNECTED_MS = 2_000;
const WATCH_MS = 5_000;

export const waitMany: Benchmark = {
  name: "wait-many",
  linuxOnly: true,
  async run(world) {
    await using sandbox = createBenchSandbox(world);
    world.note(`starting ${SESSIONS} sessions`);
    const sessions = await startMany(sandbox, SESSIONS);
    const words = ["wait", ...sessions.flatMap(({ id }) => ["--id", id]), "--any", "--timeout", "60"];
    world.note(`${ROUNDS} turns in one of them`);
    const late: number[] = [];
    let idle = { processes: NaN, ticks: NaN };
    for (let round = -1; round < ROUNDS; round++) {
      const session = sessions[Math.max(0, round) * 4 % SESSIONS];
      if (session === undefined) throw new Error("no session");
      await using waiting = sandbox.spawn([...words, "--until", "task_complete", "--next"], {
        program: [world.builds.harnex],
      });
      const ended = waiting.status.then(() => Date.now());
      await pause(CONNECTED_MS);
      if (round < 0) {
        const before = readTicks(waiting.pid);
        await pause(WATCH_MS);
        idle = { processes: listTree(waiting.pid).length, ticks: readTicks(waiting.pid) - before };
      }
      await session.api("POST", "/send", { text: "go", submit: true });
      const endedAt = await ended;
      if (round >= 0) late.push(endedAt - lastCompletion(session)); // the first round only warms up
    }
    return [
      { name: `wait on ${SESSIONS}: processes`, value: idle.processes, unit: "", ...atMost(1) },
      {
        name: `wait on ${SESSIONS}: processor time`,
        value: idle.ticks,
        unit: `ticks in ${WATCH_MS / 1000} s`,
        ...atMost(0),
      },
      {
        name: `wait on ${SESSIONS}: event → wait returns`,
        value: median(late),
        unit: "ms",
        ...atMost(15),
        note: spread(late, "ms"),
      },
    ];
  },
};
