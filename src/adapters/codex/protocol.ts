/** Shortens the texts that Codex sends, which would fill events and transcript. */

import { firstCharacters } from "../../text/visible.ts";

/** `text`; or, where it is longer than `maxCharacters`, its beginning and how much is missing. */
export function cut(text: string, maxCharacters: number): string {
  const head = firstCharacters(text, maxCharacters);
  return head === text ? text : `${head}… (${text.length - head.length} more characters)`;
}

/** A copy in which no text is longer than `maxCharacters`. */
export function cutTexts(value: unknown, maxCharacters: number): unknown {
  if (typeof value === "string") return cut(value, maxCharacters);
  if (Array.isArray(value)) return value.map((each) => cutTexts(each, maxCharacters));
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, each]) => [key, cutTexts(each, maxCharacters)]));
}
