/**
 * The running turn: how it begins, which source may end it, and the events of both. Pure.
 */

import type { EventBody, TurnEndFields } from "../../model/events.ts";
import type { SignalSource, TurnOutcome } from "../../model/signal.ts";
import { type Usage, usageFields } from "../../model/usage.ts";
import { type Evidence, type Level, rank } from "./evidence.ts";

/** An agent with hooks may report no end after an interrupt or a rejected tool: it goes back to its prompt. */
const UNREPORTED_END = {
  outcome: "interrupted",
  detail: "interrupted: the agent is at its prompt and told no end",
} as const;
const NO_TURN = { outcome: "interrupted", detail: "the agent took the message but began no turn" } as const;

/** `expected` from submission until a source has shown that work began. */
export interface Turn {
  turnId?: string;
  messageId?: string;
  startedAt: number;
  /** when a source other than the screen first showed that work began */
  begunAt?: number;
  expected: boolean;
  /** strongest source that has spoken about this turn */
  source: SignalSource;
  /** whether `turn_started` was emitted */
  announced: boolean;
  /** whether `taken` or `not_taken` is still to come; the turn is announced after that, so that `send` comes first */
  awaitsVerdict: boolean;
  /** true when only background tasks of it still run */
  background?: true;
  /** what the agent reported about the end, before that end */
  ending?: TurnEnd & { at: number };
}

export interface TurnEnd {
  outcome: TurnOutcome;
  source: SignalSource;
  turnId?: string;
  detail?: string;
  lastMessage?: string;
  usage?: Usage;
}

/** A turn for a message that was just submitted. */
export function expectedTurn({ messageId, verdict }: { messageId: string; verdict?: "follows" }, at: number): Turn {
  const awaitsVerdict = verdict === "follows";
  return { messageId, startedAt: at, expected: true, source: "screen", announced: false, awaitsVerdict };
}

/** The turn, now that a source has shown that it runs. */
export function runningTurn(
  turn: Turn | undefined,
  by: { source: SignalSource; at: number; turnId?: string | undefined; level?: Level },
): Turn {
  const { background: was, ...rest } = turn ?? { startedAt: by.at, announced: false, awaitsVerdict: false };
  const background = by.level === undefined ? was : by.level.kind === "working" ? by.level.background : undefined;
  const turnId = by.turnId ?? turn?.turnId;
  const source = turn === undefined || rank(by.source) < rank(turn.source) ? by.source : turn.source;
  const begunAt = turn?.begunAt ?? (by.source === "screen" ? undefined : by.at);
  return {
    ...rest,
    ...(background === undefined ? {} : { background }),
    ...(begunAt === undefined ? {} : { begunAt }),
    expected: false,
    source,
    ...(turnId === undefined ? {} : { turnId }),
  };
}

/**
 * Whether `source` may end the turn. A weaker source never ends a stronger one's turn; but an agent that is back at
 * its prompt has no turn, even when no hook reported the end. `ready.ts` decides how long that prompt must stand.
 */
export function mayEnd(turn: Turn | undefined, source: SignalSource): boolean {
  return turn === undefined || rank(source) <= rank(turn.source) || turn.source === "hook";
}

/**
 * How a turn ended when the only report is that the agent is at its prompt. A state file may not change for a very
 * short turn, so silence means that no turn began only where the agent's hooks speak (`hooked`).
 */
export function unreportedEnd(
  turn: Turn,
  { evidence, hooked }: { evidence: Evidence; hooked: boolean },
): { outcome: TurnOutcome; detail?: string } {
  if (turn.background) return { outcome: "completed" };
  if (turn.source === "hook") return UNREPORTED_END;
  const never = turn.expected || evidence.since <= turn.startedAt;
  if (hooked && evidence.source === "file" && never) return NO_TURN;
  return { outcome: "completed" };
}

export function startEvent(turn: Turn): EventBody {
  return {
    type: "turn_started",
    ...(turn.turnId === undefined ? {} : { turnId: turn.turnId }),
    source: turn.source,
    ...(turn.messageId === undefined ? {} : { message_id: turn.messageId }),
  };
}

export function endEvent(turn: Turn | undefined, end: TurnEnd): EventBody {
  const turnId = end.turnId ?? turn?.turnId;
  const fields: TurnEndFields = {
    ...(turnId === undefined ? {} : { turnId }),
    status: end.outcome,
    source: end.source,
    ...(end.usage === undefined ? {} : { tokenUsage: usageFields(end.usage) }),
    ...(end.lastMessage === undefined ? {} : { last_message: end.lastMessage }),
    ...(turn?.messageId === undefined ? {} : { message_id: turn.messageId }),
  };
  return end.outcome === "completed"
    ? { type: "task_complete", ...fields }
    : { type: "task_failed", ...fields, error: end.detail ?? `turn ${end.outcome}` };
}
