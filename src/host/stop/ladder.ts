/**
 * The stop ladder, from a polite request to KILL: one list of rungs, climbed in order. Each further stop request goes
 * one rung up.
 */

import { settledWithin } from "../../platform/waiting.ts";
import type { Clock } from "../../platform/platform.ts";
import type { AgentProcess, StopGraces } from "../../transports/agent_process.ts";
import { createDescendants, type DescendantsDeps } from "./descendants.ts";

/** How long an interrupted turn may take to end; its end is what ends its tools. */
const INTERRUPT_MS = 1_000;
/** How long the agent may take to take the keys of a request: the message before may still be on its way. */
const ASK_MS = 5_000;
/** A further stop request sooner than this after the last rung changes nothing. */
const RUNG_MIN_MS = 1_000;

export type StopSignal = "exit_sequence_sent" | "interrupt_sent" | "already_requested";

export interface StopLadder {
  /** Begins to stop, or goes one rung up. Resolves when the agent has been asked to exit. */
  request(options: { killAfterMs?: number }): Promise<StopSignal>;
  readonly requested: boolean;
  /** After the agent's exit: ends what it left behind and gives the pids that would not end. */
  sweep(): Promise<number[]>;
}

export interface StopLadderDeps extends Pick<DescendantsDeps, "marker" | "processes"> {
  agent: Pick<AgentProcess, "pid" | "exit" | "graces" | "stopAnswer" | "interrupt" | "askToStop">;
  clock: Clock;
  isTurnRunning: () => boolean;
  /** Resolves when no turn runs, or after `limitMs`. */
  untilTurnEnds: (limitMs: number) => Promise<void>;
}

interface Rung {
  take: () => Promise<unknown>;
  /** how long the agent then may take to exit before the next rung; without it the next rung follows at once */
  graceMs?: number;
}

export function createStopLadder(deps: StopLadderDeps): StopLadder {
  const { agent, clock } = deps;
  const descendants = createDescendants({ ...deps, agentPid: agent.pid });
  const exited = new AbortController();
  void agent.exit.then(() => exited.abort());
  let climbing: Promise<void> | undefined;
  let nextRung = new AbortController();
  let lastRungAt = 0;

  const inTime = (asked: Promise<void>) => settledWithin(asked, { clock, ms: ASK_MS, signal: exited.signal });

  async function interruptTurn(): Promise<void> {
    if (!deps.isTurnRunning()) return;
    await inTime(agent.interrupt(exited.signal));
    await deps.untilTurnEnds(INTERRUPT_MS);
  }

  const rungsOf = ({ askMs, termMs }: StopGraces): readonly Rung[] => [
    { take: descendants.remember },
    { take: interruptTurn },
    { take: () => inTime(agent.askToStop(exited.signal)), graceMs: askMs },
    { take: () => descendants.signalAll("SIGTERM"), graceMs: termMs },
    { take: () => descendants.signalAll("SIGKILL") },
  ];

  /** `onGrace` is called whenever the agent is left to exit by itself. */
  async function climb(rungs: readonly Rung[], onGrace: () => void): Promise<void> {
    for (const { take, graceMs } of rungs) {
      await take();
      if (graceMs === undefined) continue;
      onGrace();
      lastRungAt = clock.monotonic();
      nextRung = new AbortController();
      await clock.sleep(graceMs, AbortSignal.any([exited.signal, nextRung.signal]));
      if (exited.signal.aborted) return;
    }
  }

  return {
    get requested() {
      return climbing !== undefined;
    },
    async request({ killAfterMs }) {
      if (climbing !== undefined) {
        if (clock.monotonic() - lastRungAt >= RUNG_MIN_MS) nextRung.abort();
        return "already_requested";
      }
      lastRungAt = clock.monotonic();
      const asked = Promise.withResolvers<void>();
      const graces = killAfterMs === undefined ? agent.graces : { askMs: killAfterMs, termMs: killAfterMs };
      climbing = climb(rungsOf(graces), asked.resolve);
      await Promise.race([asked.promise, climbing]);
      return agent.stopAnswer;
    },
    async sweep() {
      await climbing;
      return await descendants.endAll();
    },
  };
}
