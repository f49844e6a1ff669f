/**
 * What each source says now, and how far it may be believed: ranks, standing levels, settle times. Pure.
 */

import { type Signal, SIGNAL_SOURCES, type SignalSource } from "../model/session.ts";
import type { ScreenPolicy } from "../transports/agent_process.ts";
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

/** The evidence of the strongest source that can tell; the screen's when none can. */
export function strongest(table: EvidenceTable): Evidence | undefined {
  for (const source of SIGNAL_SOURCES) {
    const evidence = table[source];
    if (evidence !== undefined && evidence.level.kind !== "unclear") return evidence;
  }
  return table.screen;
}

/** From when on `ready` may be believed; Infinity when only new evidence could change it. */
export function whenReadyCounts(evidence: Evidence, turn: Turn | undefined, policy: ScreenPolicy): number {
  if (evidence.source !== "screen") {
    // Structured sources are believed at once; what one said before the turn says nothing about it.
    if (turn === undefined || evidence.since > turn.startedAt) return evidence.since;
    // A file that was never seen to change: then nothing began.
    return evidence.source === "file" ? turn.startedAt + policy.unseenWorkMs : Infinity;
  }
  const steadySince = policy.settleBy === "output" ? evidence.lastAt : evidence.since;
  const settled = steadySince + policy.readySettleMs;
  if (turn?.expected !== true) return settled;
  // What was on the screen when Enter was pressed says nothing about the message that followed.
  if (policy.settleBy === "output" && evidence.lastAt < turn.startedAt) return Infinity;
  return Math.max(settled, Math.max(turn.startedAt, evidence.since) + policy.unseenWorkMs);
}
