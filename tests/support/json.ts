/** Looking into JSON of unknown shape. */

/** What lies at the end of these keys; undefined when there is no such place. */
export function at(value: unknown, ...keys: readonly string[]): unknown {
  return keys.reduce((found, key) => Object.fromEntries(entriesOf(found))[key], value);
}

/** None for what is no object and no array. */
export function entriesOf(value: unknown): [key: string, value: unknown][] {
  return typeof value === "object" && value !== null ? Object.entries(value) : [];
}

/** "" for what is no text. */
export function textOf(value: unknown): string {
  return typeof value === "string" ? value : "";
}
