/**
 * One call of `advance` while it is worked out: the state before, the state that comes of it, and its events.
 */

import type { EventBody } from "../../model/events.ts";
import type { Observation, SignalSource } from "../../model/signal.ts";
import type { ReportPolicy, TurnPolicy } from "../../transports/agent_process.ts";
import { restartWork } from "./evidence.ts";
import type { SessionState } from "./session_state.ts";
import { endEvent, startEvent, type Turn, type TurnEnd } from "./turn.ts";

export interface Step {
  readonly before: SessionState;
  next: SessionState;
  readonly events: EventBody[];
  readonly policy: Required<TurnPolicy>;
  /** of the observation */
  readonly source: SignalSource;
  /** of the observation, in milliseconds of the monotonic clock */
  readonly at: number;
}

/** For agents whose adapter expects no hooks and no state file: what such a source says counts at once. */
const AT_ONCE: ReportPolicy = {
  fileSettleMs: 0,
  screenBehindMs: 0,
  wakeMs: 0,
  endingMs: 0,
  unreportedEndMs: 0,
  clearingMs: 0,
  questionShowsMs: 0,
  decisionMs: 0,
  answeredMs: 0,
};

export function createStep(before: SessionState, { source, at }: Observation, policy: TurnPolicy): Step {
  const next = { ...before, ...(source === "hook" ? { hooks: before.hooks ?? {} } : {}) };
  delete next.recheckAt;
  return { before, next, events: [], policy: { reports: AT_ONCE, ...policy }, source, at };
}

/** Emits the start of the turn, once. */
export function announce(step: Step, turn: Turn): void {
  if (turn.announced) return;
  step.events.push(startEvent(turn));
  step.next.turn = { ...turn, announced: true };
}

/** Ends the turn, if one runs, and emits how. */
export function endTurn(step: Step, end: TurnEnd): void {
  const { next, events, at } = step;
  if (next.turn !== undefined) announce(step, next.turn);
  events.push(endEvent(next.turn, end));
  delete next.turn;
  next.evidence = restartWork(next.evidence, at);
  next.lastOutcome = end.outcome;
  if (end.outcome === "completed") next.lastCompletedAt = at;
}
