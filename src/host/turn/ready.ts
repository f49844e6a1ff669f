/**
 * When a source that says `ready` may be believed, and how the turn before that prompt ended. Pure.
 */

import type { TurnOutcome } from "../../model/signal.ts";
import type { ScreenPolicy } from "../../transports/agent_process.ts";
import type { Evidence } from "./evidence.ts";
import type { Turn } from "./turn.ts";

/**
 * How soon after Claude Code 2.1.197 calls itself idle the rest is told: a failure to its hooks, and on the screen,
 * which a busy machine shows late, that the turn was not completed.
 */
const FILE_SETTLE_MS = 1_000;
/** How long a screen that still shows the work is waited for: how it went is yet to be drawn. */
const SCREEN_BEHIND_MS = 5_000;
/** It is idle for 115 ms, 550 when busy, between the end of a background shell and the turn that this wakes. */
const WAKE_MS = 3_000;
/** How long a prompt must stand that no hook and no file explains, before a turn that a hook began is given up. */
const UNEXPLAINED_MS = 5_000;

/** How the turn that just ended went, by what the screen shows since that turn began. */
export function shownEnd(
  screen: Evidence | undefined,
  turn: Turn,
): { outcome: TurnOutcome; detail: string } | undefined {
  return screen?.level.kind === "ready" && screen.lastAt > turn.startedAt ? screen.level.lastTurn : undefined;
}

/** From when on `ready` may be believed; Infinity when only new evidence could change it. */
export function whenReadyCounts(
  evidence: Evidence,
  { turn, screen }: { turn: Turn | undefined; screen: Evidence | undefined },
  policy: ScreenPolicy,
): number {
  if (evidence.source !== "screen") {
    if (turn === undefined) return evidence.since;
    // What a source said before the turn says nothing about it.
    if (evidence.source !== "file") return evidence.since > turn.startedAt ? evidence.since : Infinity;
    // A file that was never seen to change means that nothing began. Claude Code 2.1.197, started with its first
    // message, is idle for up to half a second before it takes it, and its file is later than its hooks.
    const { begunAt = turn.startedAt } = turn;
    const known = turn.begunAt !== undefined && evidence.since > begunAt;
    if (!known) return Math.max(begunAt, evidence.since) + policy.unseenWorkMs;
    if (turn.ending !== undefined || shownEnd(screen, turn) !== undefined) return evidence.since;
    if (turn.background) return evidence.since + WAKE_MS;
    return evidence.since + (screen?.level.kind === "working" ? SCREEN_BEHIND_MS : FILE_SETTLE_MS);
  }
  if (turn?.source === "hook" && turn.ending === undefined && shownEnd(screen, turn) === undefined) {
    return evidence.since > turn.startedAt ? evidence.since + UNEXPLAINED_MS : Infinity;
  }
  const steadySince = policy.settleBy === "output" ? evidence.lastAt : evidence.since;
  const settled = steadySince + policy.readySettleMs;
  if (turn?.expected !== true) return settled;
  // What was on the screen when Enter was pressed says nothing about the message that followed.
  if (policy.settleBy === "output" && evidence.lastAt < turn.startedAt) return Infinity;
  return Math.max(settled, Math.max(turn.startedAt, evidence.since) + policy.unseenWorkMs);
}
