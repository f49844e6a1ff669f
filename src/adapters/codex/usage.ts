/**
 * Token counts of one Codex process. Codex reports the running total of the thread, which includes earlier processes
 * when it was resumed; a session counts only its own tokens.
 */

import type { Usage } from "../../model/usage.ts";
import { fieldsOf, numberOf } from "../../text/json.ts";

export interface UsageCounter {
  /** Takes the thread's total, with the process whose turn it is about. True when it differs from the last one. */
  report(tokenUsage: unknown, by: "this_process" | "earlier_process"): boolean;
  turnStarted(): void;
  /** Tokens since this process started. */
  session(): Usage;
  /** Tokens since the turn started; undefined when Codex reported none. */
  turn(): Usage | undefined;
}

const ZERO: Usage = { inputTokens: 0, outputTokens: 0, reasoningTokens: 0, cachedTokens: 0, totalTokens: 0 };

function parseTotal(tokenUsage: unknown): Usage {
  const total = fieldsOf(fieldsOf(tokenUsage).total);
  const input = numberOf(total.inputTokens) ?? null;
  const output = numberOf(total.outputTokens) ?? null;
  return {
    inputTokens: input,
    outputTokens: output,
    reasoningTokens: numberOf(total.reasoningOutputTokens) ?? null,
    cachedTokens: numberOf(total.cachedInputTokens) ?? null,
    // When a request did not fit, 0.169 puts the size of the context window into its own total.
    totalTokens: input === null || output === null ? numberOf(total.totalTokens) ?? null : input + output,
  };
}

function minus(a: Usage, b: Usage): Usage {
  const less = (x: number | null, y: number | null) => x === null ? null : Math.max(0, x - (y ?? 0));
  return {
    inputTokens: less(a.inputTokens, b.inputTokens),
    outputTokens: less(a.outputTokens, b.outputTokens),
    reasoningTokens: less(a.reasoningTokens, b.reasoningTokens),
    cachedTokens: less(a.cachedTokens, b.cachedTokens),
    totalTokens: less(a.totalTokens, b.totalTokens),
  };
}

export function createUsageCounter(): UsageCounter {
  let atStart = ZERO;
  let atTurn = ZERO;
  let now = ZERO;
  let reportedInTurn = false;
  return {
    report(tokenUsage, by) {
      const before = now;
      now = parseTotal(tokenUsage);
      if (by === "this_process") reportedInTurn = true;
      else {
        atStart = now;
        atTurn = now;
      }
      return now.inputTokens !== before.inputTokens || now.outputTokens !== before.outputTokens;
    },
    turnStarted() {
      atTurn = now;
      reportedInTurn = false;
    },
    session: () => minus(now, atStart),
    turn: () => reportedInTurn ? minus(now, atTurn) : undefined,
  };
}
