/**
 * Reads fields of JSON that another program may have written. Gives undefined instead of a value of a wrong type.
 */

export type JsonObject = Readonly<Record<string, unknown>>;

/** The object in `text`; undefined when the text is not JSON or not an object. */
export function parseObject(text: string): JsonObject | undefined {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return undefined;
  }
  return objectOf(value);
}

export function objectOf(value: unknown): JsonObject | undefined {
  return typeof value === "object" && value !== null && !Array.isArray(value) ? { ...value } : undefined;
}

/** The members of an object; none for anything else. */
export function fieldsOf(value: unknown): JsonObject {
  return objectOf(value) ?? {};
}

export function textOf(value: unknown): string | undefined {
  return typeof value === "string" ? value : undefined;
}

export function numberOf(value: unknown): number | undefined {
  return typeof value === "number" && Number.isFinite(value) ? value : undefined;
}

export function listOf(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : [];
}

export function stringField(object: JsonObject, name: string): string | undefined {
  return textOf(object[name]);
}

export function integerField(object: JsonObject, name: string): number | undefined {
  const value = object[name];
  return typeof value === "number" && Number.isSafeInteger(value) ? value : undefined;
}

export function stringsField(object: JsonObject, name: string): readonly string[] | undefined {
  const value = object[name];
  if (!Array.isArray(value)) return undefined;
  const strings = value.filter((item) => typeof item === "string");
  return strings.length === value.length ? strings : undefined;
}
