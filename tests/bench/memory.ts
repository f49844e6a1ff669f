/**
 * The memory that a host has for itself: fresh, after many messages, after much output.
 */

import { atMost, type Figure } from "./figure.ts";
import { describeMemory, type Memory, readMemory } from "./proc.ts";
import { startFlood } from "./flood_source.ts";
import { type Benchmark, createBenchSandbox, LINE_AGENT, pause } from "./world.ts";

const SETTLE_MS = 3_000;
const AT_ONCE = 8;
const TARGET = atMost(25);
/** "No growth" on a heap that is collected when it likes: what a second helping adds. */
const GROWTH_TARGET = atMost(2);

export const memory: Benchmark = {
  name: "memory",
  linuxOnly: true,
  async run(world) {
    const messages = world.full ? 10_000 : 2_000;
    const megabytes = world.full ? 1_000 : 100;
    await using sandbox = createBenchSandbox(world);

    const session = await sandbox.start("messages", LINE_AGENT);
    await session.ready();
    await pause(SETTLE_MS);
    const fresh = readMemory(session.hostPid);
    const sendAll = async () => {
      let sent = 0;
      const sender = async () => {
        while (sent < messages / 2) await session.api("POST", "/send", { text: `message ${++sent}` });
      };
      await Promise.all(Array.from({ length: AT_ONCE }, sender));
      await pause(SETTLE_MS);
      return readMemory(session.hostPid);
    };
    world.note(`${messages} messages`);
    const halfSent = await sendAll();
    const allSent = await sendAll();

    world.note(`${megabytes} MB of output`);
    await using flood = await startFlood(sandbox, { id: "flood", megabytes: megabytes / 2, kind: "text" });
    const { hostPid } = flood.session;
    await flood.run();
    await pause(SETTLE_MS);
    const halfPrinted = readMemory(hostPid);
    await flood.run();
    await pause(SETTLE_MS);
    const allPrinted = readMemory(hostPid);

    return [
      figure("host memory, fresh", fresh),
      figure(`host memory after ${messages} messages`, allSent),
      growth(`growth over the second ${messages / 2} messages`, halfSent, allSent),
      figure(`host memory after ${megabytes} MB of output`, allPrinted),
      growth(`growth over the second ${megabytes / 2} MB`, halfPrinted, allPrinted),
    ];
  },
};

function figure(name: string, found: Memory): Figure {
  return { name, value: found.anonymousMb, unit: "MB", ...TARGET, note: describeMemory(found) };
}

function growth(name: string, before: Memory, after: Memory): Figure {
  return { name, value: after.anonymousMb - before.anonymousMb, unit: "MB", ...GROWTH_TARGET };
}
