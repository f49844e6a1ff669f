/**
 * The session's stop: what the first request says of the work, and the ladder that it starts.
 */

import type { Clock, Processes } from "../../platform/platform.ts";
import type { EventLog } from "../../store/event_log.ts";
import type { AgentProcess } from "../../transports/agent_process.ts";
import type { Ending } from "../report/verdict.ts";
import type { Engine } from "../turn/engine.ts";
import { createStopLadder, type StopLadder, type StopSignal } from "./ladder.ts";

export interface SessionStop extends Pick<StopLadder, "requested" | "sweep"> {
  /** Begins to stop, or goes one rung up. After the agent's exit it changes nothing. */
  request(options: { by: string; killAfterMs?: number }): Promise<StopSignal>;
  /** aborted at the first request: a message that has not been submitted by then must not be */
  readonly calledOff: AbortSignal;
  /** whether a stop was requested, and whether a turn was running then */
  readonly asked: Ending["stop"];
}

export interface SessionStopDeps {
  agent: AgentProcess;
  engine: Engine;
  events: Pick<EventLog, "append">;
  processes: Processes;
  clock: Clock;
  marker: string;
  /** aborted when the agent has exited and everything it did has been noted */
  ended: AbortSignal;
}

export function createSessionStop(
  { agent, engine, events, processes, clock, marker, ended }: SessionStopDeps,
): SessionStop {
  const calledOff = new AbortController();
  let asked: Ending["stop"] = "not_asked";
  const ladder = createStopLadder({
    agent,
    processes,
    clock,
    marker,
    isTurnRunning: () => engine.state.turn !== undefined,
    untilTurnEnds: async (limitMs) => void await engine.until((state) => state.turn === undefined, limitMs),
  });
  return {
    async request({ by, killAfterMs }) {
      if (ended.aborted) return "already_requested";
      if (!ladder.requested) {
        const { turn, agent: state } = engine.state;
        asked = turn === undefined && state !== "blocked" ? "asked_when_idle" : "asked_in_turn";
        events.append({ type: "stop_requested", signal: agent.stopAnswer, by });
        calledOff.abort();
      }
      return await ladder.request(killAfterMs === undefined ? {} : { killAfterMs });
    },
    get requested() {
      return ladder.requested;
    },
    calledOff: calledOff.signal,
    get asked() {
      return asked;
    },
    sweep: ladder.sweep,
  };
}
