/**
 * The open question of a blocked agent: what is asked, by the source that can say it best. Pure.
 */

import type { Evidence, Level } from "./evidence.ts";
import type { Block, SessionState } from "./session_state.ts";

/** How soon the screen shows the question that another source only knows to be open. */
const SHOWS_MS = 1_000;
/** How long Claude Code 2.1.197 may show a permission dialog that its hook has just answered. */
const DECIDED_MS = 2_000;
/** How soon a hook that answers such a dialog is heard, where hooks speak. */
const DECIDES_MS = 500;

/** Evidence that a question is open. */
type Asked = Evidence & { level: Extract<Level, { kind: "blocked" }> };

export type OpenQuestion =
  | { kind: "open"; label: string; block: Block }
  /** the screen is about to show it */
  | { kind: "awaited"; recheckAt: number };

/** What is asked, where `said` is the strongest evidence; `before` is the state so far. */
export function openQuestion(
  { said, shown, before, hooks }: {
    said: Asked;
    shown: Evidence | undefined;
    hooks: SessionState["hooks"];
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
  const level = shown?.level.kind === "blocked" ? shown.level : said.level;
  if (hooks !== undefined && level.on === "permission" && before.block === undefined) {
    const until = Math.max(since + DECIDES_MS, (hooks.decidedAt ?? -Infinity) + DECIDED_MS);
    if (at < until) return { kind: "awaited", recheckAt: until };
  }
  const { kind: _kind, label, ...block } = level;
  return { kind: "open", label, block: { ...block, source } };
}
