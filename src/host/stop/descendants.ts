/**
 * The agent and everything that descends from it, remembered over the life of a stop: agents run tools in process
 * sessions of their own, which outlive them. Each OS signal goes to a process whose start time was verified.
 */

import type { Clock, OsSignal, Processes, ProcessRef, ProcessRow } from "../../platform/platform.ts";
import { untilTrue } from "../../platform/waiting.ts";

/** How long survivors get between TERM and KILL, and after each KILL to vanish. */
const VANISH_MS = 500;
/** How often this looks meanwhile. */
const VANISH_STEP_MS = 50;
/** For how long processes are killed that go on appearing. */
const KILL_MS = 5_000;

export interface Descendants {
  /** Remembers all that run now, so that they are found after their parents have ended. */
  remember(): Promise<void>;
  /** Sends the OS signal to all that run, the agent among them. */
  signalAll(signal: OsSignal): Promise<void>;
  /** Ends all that still run: TERM, then KILL. Gives the pids that would not end. */
  endAll(): Promise<number[]>;
}

export interface DescendantsDeps {
  agentPid: number;
  /** the environment entry that all of the agent's descendants carry */
  marker: string;
  processes: Pick<Processes, "list" | "findByEnvironment" | "signal" | "isAlive">;
  clock: Clock;
}

export function createDescendants({ agentPid, marker, processes, clock }: DescendantsDeps): Descendants {
  const remembered = new Map<string, ProcessRef>();

  /** Lists and remembers; with `signal`, processes with the marker get it as soon as they are found. */
  async function list(signal?: OsSignal): Promise<ProcessRef[]> {
    const marked = await processes.findByEnvironment(marker, signal);
    const found: ProcessRef[] = [...familyOf(agentPid, await processes.list()), ...marked];
    for (const process of found) remembered.set(keyOf(process), process);
    return found;
  }

  async function survivors(): Promise<ProcessRef[]> {
    const all = [...remembered.values()];
    const alive = await Promise.all(all.map((process) => processes.isAlive(process)));
    return all.filter((_, index) => alive[index]);
  }

  /**
   * Gives the processes that got the signal. One that ended after it was listed counts too: it may have started
   * another process, so only an empty list shows that none is left.
   */
  async function signalAll(signal: OsSignal): Promise<ProcessRef[]> {
    const listed = await list(signal);
    const left = new Map([...listed, ...await survivors()].map((process) => [keyOf(process), process]));
    await Promise.all([...left.values()].map((process) => processes.signal(process, signal)));
    return [...left.values()];
  }

  /** The system reports the end of a process to its parent only, so this polls. */
  async function untilVanished(): Promise<void> {
    const areGone = async () => (await survivors()).length === 0;
    await untilTrue(areGone, { clock, everyMs: VANISH_STEP_MS, limitMs: VANISH_MS });
  }

  return {
    remember: async () => void await list(),
    signalAll: async (signal) => void await signalAll(signal),
    async endAll() {
      if ((await signalAll("SIGTERM")).length === 0) return [];
      await untilVanished();
      let left = await signalAll("SIGKILL");
      for (const endAt = clock.monotonic() + KILL_MS; left.length > 0 && clock.monotonic() < endAt;) {
        await untilVanished();
        left = await signalAll("SIGKILL");
      }
      return left.map(({ pid }) => pid);
    },
  };
}

/** The agent, all that descends from it, and all in its process group or process session. */
function familyOf(agentPid: number, rows: readonly ProcessRow[]): ProcessRow[] {
  const members = new Set([agentPid]);
  for (let size = 0; size !== members.size;) {
    size = members.size;
    for (const row of rows) {
      if (members.has(row.parent) || row.group === agentPid || row.session === agentPid) members.add(row.pid);
    }
  }
  return rows.filter((row) => members.has(row.pid));
}

function keyOf({ pid, start }: ProcessRef): string {
  return `${pid} ${start}`;
}
