/**
 * The running turn: how it begins, who may end it, and how that is told. Pure.
 */

import type { EventBody, TurnEndFields } from "../../model/events.ts";
import type { SignalSource, TurnOutcome } from "../../model/signal.ts";
import { type Usage, usageFields } from "../../model/usage.ts";
import { type Evidence, type Level, rank } from "./evidence.ts";

/** Claude Code 2.1.197 tells nothing of an interrupt or a rejected tool but goes back to its prompt. */
const UNTOLD_END = {
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
  /** whether `turn_started` was told */
  announced: boolean;
  /** whether `taken` or `not_taken` is still to come; the turn is announced after that, so that `send` comes first */
  awaitsVerdict: boolean;
  /** whether all that still runs of it is in the background */
  background?: true;
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
 * A weaker source never ends a stronger one's turn; but an agent that is back at its prompt has no turn, even when
 * no hook told the end (Claude Code 2.1.197 tells none of an interrupt). How long that prompt must stand is not
 * decided here.
 */
export function mayEnd(turn: Turn | undefined, source: SignalSource): boolean {
  return turn === undefined || rank(source) <= rank(turn.source) || turn.source === "hook";
}

/**
 * How a turn ended of which nothing was told but that the agent is at its prompt. The file of Claude Code 2.1.197
 * does not change for a turn of 40 ms, so only where its hooks speak does silence mean that none began.
 */
export function untoldEnd(
  turn: Turn,
  { evidence, hooked }: { evidence: Evidence; hooked: boolean },
): { outcome: TurnOutcome; detail?: string } {
  if (turn.background) return { outcome: "completed" };
  if (turn.source === "hook") return UNTOLD_END;
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
