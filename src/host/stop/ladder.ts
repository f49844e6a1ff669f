/**
 * The ladder from asking politely to KILL. Agents run tools in process sessions of their own, which outlive them,
 * so whoever descends from the agent is remembered first and swept last; each signal goes to a verified process.
 */

import type { OsSignal, Processes, ProcessRef, ProcessRow } from "../../platform/platform.ts";
import type { Clock } from "../../platform/platform.ts";
import type { AgentProcess } from "../../transports/agent_process.ts";
import { settledWithin } from "../../platform/waiting.ts";

/** How long an interrupted turn may take to end; ending it is what ends its tools. */
const INTERRUPT_MS = 1_000;
/** An agent that takes no keys is not asked for longer than this: the message before may still be on its way. */
const ASK_MS = 5_000;
/** A further stop sooner than this after the last rung changes nothing. */
const RUNG_MIN_MS = 1_000;
/** How long survivors get between TERM and KILL, and after each KILL to vanish. */
const SWEEP_MS = 500;
/** For how long those are killed that go on appearing. */
const KILL_MS = 5_000;

export type StopSignal = "exit_sequence_sent" | "interrupt_sent" | "already_requested";

export interface Stopper {
  /** Begins to stop, or goes one rung further. Resolves when the first rung was taken. */
  request(options: { killAfterMs?: number }): Promise<StopSignal>;
  readonly requested: boolean;
  /** After the agent's exit: ends what it left behind and gives the pids that would not go. */
  sweep(): Promise<number[]>;
}

export interface StopDeps {
  agent: Pick<AgentProcess, "pid" | "exit" | "graces" | "stopAnswer" | "interrupt" | "askToStop">;
  processes: Pick<Processes, "list" | "findByEnvironment" | "signal" | "isAlive">;
  clock: Clock;
  marker: string;
  isTurnRunning: () => boolean;
  /** Resolves when no turn runs, or after `limitMs`. */
  untilTurnEnds: (limitMs: number) => Promise<void>;
}

export function createStopper(deps: StopDeps): Stopper {
  const { agent, processes, clock } = deps;
  const remembered = new Map<string, ProcessRef>();
  const exited = new AbortController();
  void agent.exit.then(() => exited.abort());
  const asking = { clock, ms: ASK_MS, signal: exited.signal };
  let ladder: Promise<void> | undefined;
  let nextRung = new AbortController();
  let lastRungAt = 0;

  /** Lists the agent, all that descends from it or carries its marker, and all in its process group or session. */
  async function remember(signal?: OsSignal): Promise<ProcessRef[]> {
    const marked = await processes.findByEnvironment(deps.marker, signal);
    const rows = await processes.list();
    const members = new Set([agent.pid]);
    for (let size = 0; size !== members.size;) {
      size = members.size;
      for (const row of rows) if (members.has(row.parent) || belongs(row, agent.pid)) members.add(row.pid);
    }
    const found: ProcessRef[] = [...rows.filter((row) => members.has(row.pid)), ...marked];
    for (const process of found) remembered.set(keyOf(process), process);
    return found;
  }

  /**
   * Sends all that are left the signal, and gives them. One that has ended since it was listed counts too: it may have
   * started another, and only a list that nobody is on says that nobody is left.
   */
  async function signalAll(signal: OsSignal): Promise<ProcessRef[]> {
    const listed = await remember(signal);
    const left = new Map([...listed, ...await survivors()].map((process) => [keyOf(process), process]));
    await Promise.all([...left.values()].map((process) => processes.signal(process, signal)));
    return [...left.values()];
  }

  async function survivors(): Promise<ProcessRef[]> {
    const all = [...remembered.values()];
    const alive = await Promise.all(all.map((process) => processes.isAlive(process)));
    return all.filter((_, index) => alive[index]);
  }

  /** Waits for the agent's exit, `ms` at most; a further stop request cuts it short. */
  async function grace(ms: number): Promise<void> {
    lastRungAt = clock.monotonic();
    nextRung = new AbortController();
    await clock.sleep(ms, AbortSignal.any([exited.signal, nextRung.signal]));
  }

  async function climb(graces: AgentProcess["graces"], asked: () => void): Promise<void> {
    await remember();
    if (deps.isTurnRunning()) {
      await settledWithin(agent.interrupt(exited.signal), asking);
      await deps.untilTurnEnds(INTERRUPT_MS);
    }
    await settledWithin(agent.askToStop(exited.signal), asking);
    asked();
    await grace(graces.askMs);
    if (!exited.signal.aborted) {
      await signalAll("SIGTERM");
      await grace(graces.termMs);
    }
    if (!exited.signal.aborted) await signalAll("SIGKILL");
  }

  return {
    get requested() {
      return ladder !== undefined;
    },
    async request({ killAfterMs }) {
      if (ladder !== undefined) {
        if (clock.monotonic() - lastRungAt >= RUNG_MIN_MS) nextRung.abort();
        return "already_requested";
      }
      const asked = Promise.withResolvers<void>();
      lastRungAt = clock.monotonic();
      const graces = killAfterMs === undefined ? agent.graces : { askMs: killAfterMs, termMs: killAfterMs };
      ladder = climb(graces, asked.resolve);
      await Promise.race([asked.promise, ladder]);
      return agent.stopAnswer;
    },
    async sweep() {
      await ladder;
      if ((await signalAll("SIGTERM")).length === 0) return [];
      await untilGone();
      let left = await signalAll("SIGKILL");
      for (const endAt = clock.monotonic() + KILL_MS; left.length > 0 && clock.monotonic() < endAt;) {
        await untilGone();
        left = await signalAll("SIGKILL");
      }
      return left.map(({ pid }) => pid);
    },
  };

  /** The system tells nobody about the end of a process that is not one's child, so this looks, a few times. */
  async function untilGone(): Promise<void> {
    const steps = 10;
    for (let step = 0; step < steps && (await survivors()).length > 0; step++) await clock.sleep(SWEEP_MS / steps);
  }
}

function keyOf({ pid, start }: ProcessRef): string {
  return `${pid} ${start}`;
}

function belongs(row: ProcessRow, agentPid: number): boolean {
  return row.group === agentPid || row.session === agentPid;
}
