/**
 * Token counts from Claude Code's own transcript (`projects/<folder>/<session>.jsonl`, 2.1.197): every answer of the
 * model is there with its usage, once for each block of it. Pure.
 */

import { parseObject } from "../model/json.ts";
import type { Usage } from "../model/session.ts";

interface Counts {
  input: number;
  output: number;
  cached: number;
}

/** The sum over all answers; undefined when there is none. */
export function usageFromTranscript(text: string): Usage | undefined {
  // A later line of the same answer holds its newer counts.
  const answers = new Map<string, Counts>();
  for (const line of text.split("\n")) {
    if (!line.includes('"assistant"')) continue;
    const message = objectIn(parseObject(line), "message");
    const usage = objectIn(message, "usage");
    const id = message?.["id"];
    if (usage === undefined || typeof id !== "string") continue;
    const cached = numberIn(usage, "cache_read_input_tokens");
    answers.set(id, {
      input: numberIn(usage, "input_tokens") + numberIn(usage, "cache_creation_input_tokens") + cached,
      output: numberIn(usage, "output_tokens"),
      cached,
    });
  }
  if (answers.size === 0) return undefined;
  const sum = (field: keyof Counts) => [...answers.values()].reduce((total, counts) => total + counts[field], 0);
  const [inputTokens, outputTokens] = [sum("input"), sum("output")];
  return {
    inputTokens,
    outputTokens,
    // Thinking is part of the output here; it is not counted apart.
    reasoningTokens: null,
    cachedTokens: sum("cached"),
    totalTokens: inputTokens + outputTokens,
  };
}

type Fields = Readonly<Record<string, unknown>>;

function objectIn(fields: Fields | undefined, name: string): Fields | undefined {
  const value = fields?.[name];
  return typeof value === "object" && value !== null && !Array.isArray(value) ? { ...value } : undefined;
}

function numberIn(fields: Fields, name: string): number {
  const value = fields[name];
  return typeof value === "number" && Number.isFinite(value) ? value : 0;
}
