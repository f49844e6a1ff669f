/** Reads fields of what Codex sends, without trusting any of it. A field that is missing or of another type is undefined. */

export type Fields = Readonly<Record<string, unknown>>;

/** The members of an object; none for anything else. */
export function fieldsOf(value: unknown): Fields {
  return typeof value === "object" && value !== null && !Array.isArray(value) ? { ...value } : {};
}

export function textOf(value: unknown): string | undefined {
  return typeof value === "string" ? value : undefined;
}

export function numberOf(value: unknown): number | undefined {
  return typeof value === "number" ? value : undefined;
}

export function listOf(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : [];
}

/** `text`, or its beginning and how much is missing. */
export function cut(text: string, maxCharacters: number): string {
  if (text.length <= maxCharacters) return text;
  return `${text.slice(0, maxCharacters)}… (${text.length - maxCharacters} more characters)`;
}

/** A copy in which no text is longer than `maxCharacters`. */
export function cutTexts(value: unknown, maxCharacters: number): unknown {
  if (typeof value === "string") return cut(value, maxCharacters);
  if (Array.isArray(value)) return value.map((each) => cutTexts(each, maxCharacters));
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, each]) => [key, cutTexts(each, maxCharacters)]));
}
