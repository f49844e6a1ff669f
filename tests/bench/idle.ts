/**
 * What a session costs while nothing happens.
 */

import { atMost } from "./figure.ts";
import { listTree, readTicks } from "./proc.ts";
import { type Benchmark, createBenchSandbox, LINE_AGENT, pause, RAW_AGENT } from "./world.ts";

/** By then a host has given memory back (src/host/idle_memory.ts, 20 s) and V8 has collected once by itself (30 s after the start). */
const SETTLE_MS = 40_000;
const WATCH_MS = 10_000;
const TARGET = atMost(0);

export const idle: Benchmark = {
  name: "idle",
  linuxOnly: true,
  async run(world) {
    await using sandbox = createBenchSandbox(world);
    const line = await sandbox.start("line", LINE_AGENT);
    const raw = await sandbox.start("raw", RAW_AGENT);
    await Promise.all([line.ready(), raw.ready()]);
    await raw.api("POST", "/send", { text: "one message", submit: true });
    await raw.ready();
    await pause(SETTLE_MS);
    world.note(`${WATCH_MS / 1000} s of watching two idle sessions`);
    const pids = {
      fresh: [line.hostPid],
      used: [raw.hostPid],
      helpers: listTree(line.hostPid).filter((pid) => pid !== line.hostPid),
    };
    const ticks = (group: readonly number[]) => group.reduce((sum, pid) => sum + readTicks(pid), 0);
    const before = { fresh: ticks(pids.fresh), used: ticks(pids.used), helpers: ticks(pids.helpers) };
    await pause(WATCH_MS);
    const unit = "ticks in 10 s";
    return [
      { name: "idle host", value: ticks(pids.fresh) - before.fresh, unit, ...TARGET },
      { name: "idle host after a message", value: ticks(pids.used) - before.used, unit, ...TARGET },
      {
        name: "its helpers and agent",
        value: ticks(pids.helpers) - before.helpers,
        unit,
        ...TARGET,
        note: `${pids.helpers.length} processes`,
      },
    ];
  },
};
