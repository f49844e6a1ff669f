/**
 * Parses the values of options: durations, numbers, JSON objects, times, choices. Pure. A refusal is one usage error
 * that names the option, the expected value and, shortened, the given value.
 */

import { type ErrorCode, HarnexError } from "../../model/errors.ts";
import { quoted } from "../../text/visible.ts";

export interface Duration {
  readonly ms: number;
}

/** An instant, with the spelling it was given in. */
export interface Instant {
  readonly ms: number;
  readonly text: string;
}

export interface IntegerRange {
  readonly min: number;
  readonly max: number;
}

const UNIT_MS: Readonly<Record<string, number>> = { "": 1000, s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000 };
/** A hundred years: longer than any wait, and far below the limit where milliseconds lose precision. */
const MAX_DURATION_MS = 36_525 * 86_400_000;
const ISO_8601 = /^(\d{4})-(\d\d)-(\d\d)(T\d\d:\d\d(:\d\d([.,]\d+)?)?(Z|[+-]\d\d:?\d\d)?)?$/i;

/** A usage error about one option (or argument). */
export function refuse(flag: string, reason: string, code: ErrorCode = "usage"): HarnexError {
  return new HarnexError(code, `${flag}: ${reason}`);
}

/** `30`, `30s`, `5m`, `2h`, `1d`, fractions; more than zero. */
export function parseDuration(flag: string, text: string): Duration {
  const match = /^(\d+(?:\.\d+)?|\.\d+)([smhd]?)$/i.exec(text.trim());
  const ms = match === null ? NaN : Number(match[1]) * (UNIT_MS[(match[2] ?? "").toLowerCase()] ?? NaN);
  if (ms > 0 && ms <= MAX_DURATION_MS) return { ms };
  throw refuse(flag, `expected a duration above zero such as 30, 30s, 5m or 2h, got ${quoted(text)}`);
}

export function parseInteger(flag: string, text: string, range: IntegerRange): number {
  const value = /^[+-]?\d{1,15}$/.test(text.trim()) ? Number(text) : NaN;
  if (value >= range.min && value <= range.max) return value;
  const wanted = range.max === Number.MAX_SAFE_INTEGER ? `${range.min} or more` : `from ${range.min} to ${range.max}`;
  throw refuse(flag, `expected a whole number, ${wanted}, got ${quoted(text)}`);
}

export function parseJsonObject(flag: string, text: string): Readonly<Record<string, unknown>> {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (cause) {
    throw new HarnexError("usage", `${flag}: expected a JSON object, got ${quoted(text)}`, { cause });
  }
  if (isPlainObject(value)) return value;
  throw refuse(flag, `expected a JSON object, got ${quoted(text)}`);
}

/** A date, or a date and time; without a zone it is local time, as ISO 8601 says. */
export function parseInstant(flag: string, text: string): Instant {
  const trimmed = text.trim();
  const match = ISO_8601.exec(trimmed);
  const ms = match === null ? NaN : Date.parse(trimmed.toUpperCase().replace(",", "."));
  if (Number.isFinite(ms) && hasDay(Number(match?.[1]), Number(match?.[2]), Number(match?.[3]))) return { ms, text };
  throw refuse(flag, `expected an ISO 8601 time such as 2026-01-31T09:30:00Z, got ${quoted(text)}`);
}

export function parseChoice<Choice extends string>(
  flag: string,
  text: string,
  options: { choices: readonly Choice[]; code?: ErrorCode },
): Choice {
  const found = options.choices.find((choice) => choice === text);
  if (found !== undefined) return found;
  throw refuse(flag, `expected ${oneOf(options.choices)}, got ${quoted(text)}`, options.code);
}

/** `a`, `a or b`, `a, b or c`. */
export function oneOf(words: readonly string[]): string {
  const last = words.at(-1) ?? "";
  return words.length < 2 ? last : `${words.slice(0, -1).join(", ")} or ${last}`;
}

function isPlainObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function hasDay(year: number, month: number, day: number): boolean {
  const date = new Date(Date.UTC(year, month - 1, day));
  return date.getUTCMonth() === month - 1 && date.getUTCDate() === day;
}
