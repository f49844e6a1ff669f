/**
 * The open question of a blocked agent: what is asked, by the source that can say it best. Pure.
 */

import type { Evidence, Level } from "./evidence.ts";
import type { Block } from "./state.ts";

/** How soon the screen shows the question that another source only knows to be open. */
const SHOWS_MS = 1_000;
/** How long Claude Code 2.1.197 may show a permission dialog that its hook has just answered. */
const DECIDED_MS = 2_000;

/** Evidence that a question is open. */
type Asked = Evidence & { level: Extract<Level, { kind: "blocked" }> };

export type OpenQuestion =
  | { kind: "open"; label: string; block: Block }
  /** the screen is about to show it */
  | { kind: "awaited"; recheckAt: number };

/** What is asked, where `said` is the strongest evidence; `before` is the state so far. */
export function openQuestion(
  { said, shown, before, decidedAt = -Infinity }: {
    said: Asked;
    shown: Evidence | undefined;
    decidedAt?: number;
    before: { block?: Block; input: { state: string } };
  },
  at: number,
): OpenQuestion {
  const { source, since } = said;
  if (shown?.level.kind !== "blocked" && source === "file") {
    // Answered a moment ago, and the file does not say so yet.
    if (before.block !== undefined) return { kind: "open", label: before.input.state, block: before.block };
    if (at < since + SHOWS_MS) return { kind: "awaited", recheckAt: since + SHOWS_MS };
  }
  if (said.level.on === "permission" && at < decidedAt + DECIDED_MS) {
    return { kind: "awaited", recheckAt: decidedAt + DECIDED_MS };
  }
  const { kind: _kind, label, ...block } = shown?.level.kind === "blocked" ? shown.level : said.level;
  return { kind: "open", label, block: { ...block, source } };
}
