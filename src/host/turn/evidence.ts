/**
 * What each source says now, and how far it may be believed: ranks, standing levels, settle times. Pure.
 */

import { type Signal, SIGNAL_SOURCES, type SignalSource, type TurnOutcome } from "../../model/signal.ts";
import type { ScreenPolicy } from "../../transports/agent_process.ts";
import type { Turn } from "./turn.ts";

/** Signals that hold until the same source says otherwise. */
export type Level = Extract<Signal, { kind: "ready" | "working" | "blocked" | "unclear" }>;

/** What one source says now. */
export interface Evidence {
  source: SignalSource;
  level: Level;
  /** since when it has been saying so without a break */
  since: number;
  /** when it said so last */
  lastAt: number;
}

export type EvidenceTable = Readonly<Partial<Record<SignalSource, Evidence>>>;

/** 0 is the strongest. */
export function rank(source: SignalSource): number {
  return SIGNAL_SOURCES.indexOf(source);
}

export function addEvidence(
  table: EvidenceTable,
  said: { level: Level; source: SignalSource; at: number },
): EvidenceTable {
  const { level, source, at } = said;
  const previous = table[source];
  const held = previous?.level.kind === level.kind ? previous.since : at;
  const since = level.kind === "ready" ? level.since ?? held : held;
  return { ...table, [source]: { source, level, since, lastAt: at } };
}

/** A source that has told the end of a turn in so many words no longer means the work or the question it saw in it. */
export function addTurnEnd(table: EvidenceTable, { source, at }: { source: SignalSource; at: number }): EvidenceTable {
  const kind = table[source]?.level.kind;
  if (kind !== "working" && kind !== "blocked") return table;
  return addEvidence(table, { level: { kind: "ready", label: "prompt" }, source, at });
}

/** Work that is seen while its turn ends speaks of no other turn until it has lasted. */
export function restartWork(table: EvidenceTable, at: number): EvidenceTable {
  const restarted = Object.values(table).map((evidence) =>
    evidence.level.kind === "working" ? { ...evidence, since: at } : evidence
  );
  return Object.fromEntries(restarted.map((evidence) => [evidence.source, evidence]));
}

/** The evidence of the strongest source that can tell; the screen's when none can. */
export function strongest(table: EvidenceTable): Evidence | undefined {
  for (const source of SIGNAL_SOURCES) {
    const evidence = table[source];
    if (evidence !== undefined && evidence.level.kind !== "unclear") return evidence;
  }
  return table.screen;
}

/**
 * How soon after Claude Code 2.1.197 calls itself idle the rest is told: a failure to its hooks, and on the screen,
 * which a busy machine shows late, that the turn was not completed.
 */
const FILE_SETTLE_MS = 1_000;
/** How long a screen that still shows the work is waited for: how it went is yet to be drawn. */
const SCREEN_BEHIND_MS = 5_000;
/** It is idle for 115 ms, 550 when busy, between the end of a background shell and the turn that this wakes. */
const WAKE_MS = 3_000;
/** Shorter work that no message and no hook explains is no turn: `/clear` makes Claude Code 2.1.197 busy for 90 ms. */
export const UNEXPLAINED_WORK_MS = 500;
/** Work that begins within this time of a clearing by hand is the clearing: on a busy machine it lasts for longer. */
export const CLEARING_MS = 1_000;
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
