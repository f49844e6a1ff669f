/**
 * The open question of a blocked agent: what it asks, by the source that can say it best. Pure.
 */

import type { ReportPolicy } from "../../transports/agent_process.ts";
import type { Evidence, Level } from "./evidence.ts";
import type { Block, SessionState } from "./session_state.ts";

/** Evidence that a question is open. */
type Asked = Evidence & { level: Extract<Level, { kind: "blocked" }> };

export type OpenQuestion =
  | { kind: "open"; label: string; block: Block }
  /** the screen is about to show it */
  | { kind: "awaited"; recheckAt: number };

/** What the agent asks. `said` is the strongest evidence, `shown` the screen's; `before` is the state so far. */
export function openQuestion(
  { said, shown, before, hooks }: {
    said: Asked;
    shown: Evidence | undefined;
    hooks: SessionState["hooks"];
    before: { block?: Block; input: { state: string } };
  },
  { at, reports }: { at: number; reports: ReportPolicy },
): OpenQuestion {
  const { source, since } = said;
  if (shown?.level.kind !== "blocked" && source === "file") {
    // The question was answered a moment ago, and the file does not say so yet.
    if (before.block !== undefined) return { kind: "open", label: before.input.state, block: before.block };
    const shownBy = since + reports.questionShowsMs;
    if (at < shownBy) return { kind: "awaited", recheckAt: shownBy };
  }
  const level = shown?.level.kind === "blocked" ? shown.level : said.level;
  if (hooks !== undefined && level.on === "permission" && before.block === undefined) {
    const until = Math.max(since + reports.decisionMs, (hooks.decidedAt ?? -Infinity) + reports.answeredMs);
    if (at < until) return { kind: "awaited", recheckAt: until };
  }
  const { kind: _kind, label, ...block } = level;
  return { kind: "open", label, block: { ...block, source } };
}
