/**
 * The running turn: how it begins, who may end it, and how that is told. Pure.
 */

import type { EventBody, TurnEndFields } from "../model/events.ts";
import { type SignalSource, type TurnOutcome, type Usage, usageFields } from "../model/session.ts";
import { rank } from "./evidence.ts";

/** `expected` from submission until a source has shown that work began. */
export interface Turn {
  turnId?: string;
  messageId?: string;
  startedAt: number;
  expected: boolean;
  /** strongest source that has spoken about this turn */
  source: SignalSource;
  /** whether `turn_started` was told */
  announced: boolean;
  /** whether `taken` or `not_taken` is still to come; the turn is announced after that, so that `send` comes first */
  awaitsVerdict: boolean;
  /** what the agent said about the end that is to come */
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
  by: { source: SignalSource; at: number; turnId?: string | undefined },
): Turn {
  const turnId = by.turnId ?? turn?.turnId;
  const source = turn === undefined || rank(by.source) < rank(turn.source) ? by.source : turn.source;
  return {
    ...(turn ?? { startedAt: by.at, announced: false, awaitsVerdict: false }),
    expected: false,
    source,
    ...(turnId === undefined ? {} : { turnId }),
  };
}

/**
 * A weaker source never ends a stronger one's turn; but an agent that is back at its prompt, by its own file, has
 * no turn, even when no hook told the end (Claude Code 2.1.197 tells none of an interrupt).
 */
export function mayEnd(turn: Turn | undefined, source: SignalSource): boolean {
  return turn === undefined || rank(source) <= rank(turn.source) || (source === "file" && turn.source === "hook");
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
