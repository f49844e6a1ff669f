/**
 * Token counts from Claude Code's own transcript (`projects/<folder>/<session>.jsonl`, 2.1.197): it repeats the usage
 * of every answer of the model once for each block. Pure.
 */

import { numberOf, objectOf, parseObject } from "../../text/json.ts";
import type { Usage } from "../../model/usage.ts";

interface Counts {
  input: number;
  output: number;
  cached: number;
}

/** The sum over all answers in the transcript's text; undefined when it has none. */
export function usageFromTranscript(text: string): Usage | undefined {
  // A later line of the same answer holds its newer counts.
  const answers = new Map<string, Counts>();
  for (const line of text.split("\n")) {
    if (!line.includes('"assistant"')) continue;
    const message = objectOf(parseObject(line)?.["message"]);
    const usage = objectOf(message?.["usage"]);
    const id = message?.["id"];
    if (usage === undefined || typeof id !== "string") continue;
    const count = (name: string) => numberOf(usage[name]) ?? 0;
    const cached = count("cache_read_input_tokens");
    answers.set(id, {
      input: count("input_tokens") + count("cache_creation_input_tokens") + cached,
      output: count("output_tokens"),
      cached,
    });
  }
  if (answers.size === 0) return undefined;
  const sum = (field: keyof Counts) => [...answers.values()].reduce((total, counts) => total + counts[field], 0);
  const [inputTokens, outputTokens] = [sum("input"), sum("output")];
  return {
    inputTokens,
    outputTokens,
    // Claude Code counts thinking as output.
    reasoningTokens: null,
    cachedTokens: sum("cached"),
    totalTokens: inputTokens + outputTokens,
  };
}
