/** What a stop finds of an agent and its tools, and how it ends them. */

import type { OsSignal, ProcessRef, ProcessRow } from "../../src/platform/platform.ts";
import { createDescendants } from "../../src/host/stop/descendants.ts";
import { deepEqual } from "../support/assert.ts";
import { createFakeClock, type FakeClock } from "../support/fake_clock.ts";

const AGENT = 100;
const MARKER = "HARNEX_SESSION_ID=x";

interface Fake extends Partial<ProcessRow> {
  pid: number;
  /** in its environment */
  marked?: true;
  /** TERM does not end it */
  deaf?: true;
  /** nothing ends it */
  immortal?: true;
}

/** A machine with these processes; an OS signal ends those that are not deaf to it. */
function machine(...fakes: readonly Fake[]) {
  const clock: FakeClock = createFakeClock();
  let running = fakes.map((fake) => ({ start: "1", parent: 1, group: 1, session: 1, ...fake }));
  const signals: string[] = [];
  const isRunning = ({ pid, start }: ProcessRef) => running.some((one) => one.pid === pid && one.start === start);
  const signal = (process: ProcessRef, name: OsSignal) => {
    if (isRunning(process)) signals.push(`${name} ${process.pid}`);
    running = running.filter((one) => one.pid !== process.pid || one.immortal || (one.deaf && name === "SIGTERM"));
    return Promise.resolve(true);
  };
  const descendants = createDescendants({
    agentPid: AGENT,
    marker: MARKER,
    clock,
    processes: {
      list: () => Promise.resolve(running),
      async findByEnvironment(_marker, name) {
        const found = running.filter(({ marked }) => marked);
        if (name !== undefined) { for (const one of found) await signal(one, name); }
        return found;
      },
      isAlive: (process) => Promise.resolve(isRunning(process)),
      signal,
    },
  });
  return {
    descendants,
    signals,
    left: () => running.map(({ pid }) => pid),
    exit: (...pids: number[]) => running = running.filter(({ pid }) => !pids.includes(pid)),
    /** Gives the pid to a process that has nothing to do with the agent. */
    reuse: (pid: number) => running = running.map((one) => one.pid === pid ? { ...one, start: "2", parent: 1 } : one),
    /** Lets time go on until the promise settles. */
    async inTime<T>(promise: Promise<T>): Promise<T> {
      let isOver = false;
      void promise.finally(() => isOver = true);
      while (!isOver) await clock.advance(100);
      return await promise;
    },
  };
}

const CHILD = { pid: 101, parent: AGENT };

Deno.test("signalAll() reaches the agent, its children and theirs, its group and its session, and no one else", async () => {
  const { descendants, left } = machine(
    { pid: AGENT },
    CHILD,
    { pid: 102, parent: 101 },
    { pid: 103, group: AGENT },
    { pid: 104, session: AGENT },
    { pid: 105, marked: true },
    { pid: 106, parent: 105 },
    { pid: 107 },
  );
  await descendants.signalAll("SIGTERM");
  deepEqual(left(), [106, 107]);
});

Deno.test("endAll() finds what was seen before its parent ended, and gives none that is left", async () => {
  const { descendants, exit, left, signals, inTime } = machine({ pid: AGENT }, CHILD, { pid: 102, parent: 101 });
  await descendants.remember();
  exit(AGENT, 101);
  deepEqual(await inTime(descendants.endAll()), []);
  deepEqual([left(), signals], [[], ["SIGTERM 102"]]);
});

Deno.test("endAll() sends nothing to a process that has the pid of one that was seen", async () => {
  const { descendants, exit, reuse, left, signals, inTime } = machine({ pid: AGENT }, CHILD);
  await descendants.remember();
  exit(AGENT);
  reuse(101);
  deepEqual(await inTime(descendants.endAll()), []);
  deepEqual([left(), signals], [[101], []]);
});

Deno.test("endAll() kills what TERM does not end", async () => {
  const { descendants, left, signals, inTime } = machine({ pid: AGENT, deaf: true }, CHILD);
  deepEqual(await inTime(descendants.endAll()), []);
  deepEqual([left(), signals], [[], ["SIGTERM 100", "SIGTERM 101", "SIGKILL 100"]]);
});

Deno.test("endAll() kills a deaf process that only its environment ties to the session", async () => {
  const { descendants, left, inTime } = machine({ pid: 105, marked: true, deaf: true });
  deepEqual(await inTime(descendants.endAll()), []);
  deepEqual(left(), []);
});

Deno.test("endAll() gives the pids that nothing ends, after five seconds", async () => {
  const { descendants, left, inTime } = machine({ pid: AGENT, immortal: true }, CHILD);
  deepEqual(await inTime(descendants.endAll()), [AGENT]);
  deepEqual(left(), [AGENT]);
});

Deno.test("endAll() does nothing where nothing runs", async () => {
  const { descendants, signals } = machine();
  deepEqual(await descendants.endAll(), []);
  deepEqual(signals, []);
});
