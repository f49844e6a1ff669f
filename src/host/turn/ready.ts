/**
 * When a source that says `ready` may be believed, and how the turn before that prompt ended. Pure.
 */

import type { TurnOutcome } from "../../model/signal.ts";
import type { TurnPolicy } from "../../transports/agent_process.ts";
import type { Evidence } from "./evidence.ts";
import type { Turn } from "./turn.ts";

/** How the turn ended, by what the screen shows since that turn began; undefined when it shows nothing special. */
export function shownEnd(
  screen: Evidence | undefined,
  turn: Turn,
): { outcome: TurnOutcome; detail: string } | undefined {
  return screen?.level.kind === "ready" && screen.lastAt > turn.startedAt ? screen.level.lastTurn : undefined;
}

/**
 * The time from which `ready` may be believed, on the scale of the observations; Infinity when only new evidence could
 * change it. `turn` is the open one, `screen` the screen's own evidence.
 */
export function whenReadyCounts(
  evidence: Evidence,
  { turn, screen }: { turn: Turn | undefined; screen: Evidence | undefined },
  policy: Required<TurnPolicy>,
): number {
  switch (evidence.source) {
    case "screen":
      return whenScreenCounts(evidence, turn, policy);
    case "file":
      return turn === undefined ? evidence.since : whenFileCounts(evidence, { turn, screen }, policy);
    default:
      // What a source said before the turn says nothing about it.
      return turn === undefined || evidence.since > turn.startedAt ? evidence.since : Infinity;
  }
}

/** An agent's file may be later than its hooks, and earlier than its screen. */
function whenFileCounts(
  file: Evidence,
  { turn, screen }: { turn: Turn; screen: Evidence | undefined },
  { unseenWorkMs, reports }: Required<TurnPolicy>,
): number {
  const { begunAt = turn.startedAt } = turn;
  const sawBegin = turn.begunAt !== undefined && file.since > begunAt;
  // A file that never changed means that no turn began; but an agent may take its first message late.
  if (!sawBegin) return Math.max(begunAt, file.since) + unseenWorkMs;
  if (turn.ending !== undefined || shownEnd(screen, turn) !== undefined) return file.since;
  if (turn.background) return file.since + reports.wakeMs;
  return file.since + (screen?.level.kind === "working" ? reports.screenBehindMs : reports.fileSettleMs);
}

function whenScreenCounts(
  screen: Evidence,
  turn: Turn | undefined,
  { readySettleMs, settleBy, unseenWorkMs, reports }: Required<TurnPolicy>,
): number {
  if (turn?.source === "hook" && turn.ending === undefined && shownEnd(screen, turn) === undefined) {
    return screen.since > turn.startedAt ? screen.since + reports.unreportedEndMs : Infinity;
  }
  const steadySince = settleBy === "output" ? screen.lastAt : screen.since;
  const settled = steadySince + readySettleMs;
  if (turn?.expected !== true) return settled;
  // What was on the screen when Enter was pressed says nothing about the message that followed.
  if (settleBy === "output" && screen.lastAt < turn.startedAt) return Infinity;
  return Math.max(settled, Math.max(turn.startedAt, screen.since) + unseenWorkMs);
}
