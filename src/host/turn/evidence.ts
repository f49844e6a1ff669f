/**
 * What each source says now: the ranks of the sources, and their standing levels. Pure.
 */

import { type Signal, SIGNAL_SOURCES, type SignalSource } from "../../model/signal.ts";

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

/** How strong a source is; 0 is the strongest. */
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

/** A source that reports the end of a turn no longer means the work or the question that it reported before. */
export function addTurnEnd(table: EvidenceTable, { source, at }: { source: SignalSource; at: number }): EvidenceTable {
  const kind = table[source]?.level.kind;
  if (kind !== "working" && kind !== "blocked") return table;
  return addEvidence(table, { level: { kind: "ready", label: "prompt" }, source, at });
}

/** Work that is seen while its turn ends counts for another turn only once it has lasted. */
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
