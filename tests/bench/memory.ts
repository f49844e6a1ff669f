/**
 * The memory that a host has for itself: fresh, after many messages, after much output; when it has become quiet
 * again, and in the moment that it was busy.
 */

import { atMost, type Figure } from "./figure.ts";
import { startFlood } from "./flood_source.ts";
import { describeMemory, type Memory, readMemory } from "./proc.ts";
import { type Benchmark, createBenchSandbox, LINE_AGENT, pause, type Session } from "./world.ts";

/** `IDLE_MS` of src/host/idle_memory.ts and a little: then a host has given back what it can. */
const QUIET_MS = 25_000;
const AT_ONCE = 8;
const TARGET = atMost(25);
/** "No growth" on a heap that is collected when it likes: what the second half adds to the first. */
const GROWTH_TARGET = atMost(2);

interface Readings {
  busy: Memory;
  quiet: Memory;
}

export const memory: Benchmark = {
  name: "memory",
  linuxOnly: true,
  async run(world) {
    const messages = world.full ? 10_000 : 2_000;
    const megabytes = world.full ? 1_000 : 100;
    await using sandbox = createBenchSandbox(world);
    const told = await sandbox.start("messages", LINE_AGENT);
    await using flood = await startFlood(sandbox, { id: "flood", megabytes: megabytes / 2, kind: "text" });
    await told.ready();
    await pause(QUIET_MS);
    const fresh = readMemory(told.hostPid);

    const half = async () => {
      world.note(`half of ${messages} messages and of ${megabytes} MB of output, then ${QUIET_MS / 1000} s of quiet`);
      await sendMany(told, messages / 2);
      await flood.run();
      const busy = [readMemory(told.hostPid), readMemory(flood.session.hostPid)];
      await pause(QUIET_MS);
      const quiet = [readMemory(told.hostPid), readMemory(flood.session.hostPid)];
      return [0, 1].map((index) => toReadings(busy[index], quiet[index]));
    };
    const first = await half();
    const second = await half();
    return [
      { name: "host memory, fresh", value: fresh.anonymousMb, unit: "MB", ...TARGET, note: describeMemory(fresh) },
      ...figures(`${messages} messages`, first[0], second[0]),
      ...figures(`${megabytes} MB of output`, first[1], second[1]),
    ];
  },
};

/** Typed as they are, without the pauses of a real delivery: what is counted is what a message leaves behind. */
async function sendMany(session: Session, count: number): Promise<void> {
  let sent = 0;
  const sender = async () => {
    while (sent < count) await session.api("POST", "/send", { text: `message ${++sent}` });
  };
  await Promise.all(Array.from({ length: AT_ONCE }, sender));
}

function toReadings(busy: Memory | undefined, quiet: Memory | undefined): Readings {
  if (busy === undefined || quiet === undefined) throw new Error("nothing was read");
  return { busy, quiet };
}

function figures(work: string, first: Readings | undefined, second: Readings | undefined): Figure[] {
  if (first === undefined || second === undefined) return [];
  const { busy, quiet } = second;
  return [
    { name: `after ${work}`, value: quiet.anonymousMb, unit: "MB", ...TARGET, note: describeMemory(quiet) },
    { name: `at the end of ${work}`, value: busy.anonymousMb, unit: "MB", note: describeMemory(busy) },
    {
      name: `growth over the second half of ${work}`,
      value: quiet.anonymousMb - first.quiet.anonymousMb,
      unit: "MB",
      ...GROWTH_TARGET,
    },
  ];
}
