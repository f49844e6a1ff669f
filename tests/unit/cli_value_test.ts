/** Values on the command line: what is accepted, what is refused, and in which words. */

import { parseDuration, parseInstant, parseInteger, parseJsonObject } from "../../src/cli/parser/value.ts";
import { HarnexError, messageOf } from "../../src/model/errors.ts";
import { deepEqual, equal, throws } from "../support/assert.ts";

const usage = (message: string) => (error: unknown) => {
  deepEqual([error instanceof HarnexError && error.code, messageOf(error)], ["usage", message]);
  return true;
};

Deno.test("parseDuration() takes seconds, units and fractions", () => {
  const cases: [string, number][] = [
    ["30", 30_000],
    ["30s", 30_000],
    ["5m", 300_000],
    ["2h", 7_200_000],
    ["45d", 3_888_000_000],
    ["1.5", 1_500],
    [".25h", 900_000],
    ["0.5M", 30_000],
    [" 7 ", 7_000],
  ];
  deepEqual(cases.map(([text]) => [text, parseDuration("--x", text).ms]), cases);
});

Deno.test("parseDuration() refuses zero, signs, other units and the absurd", () => {
  for (
    const text of ["0", "0s", "-5", "+5", "", "m", "5x", "1e3", "5 m m", "Infinity", "NaN", "1h30m", "9".repeat(400)]
  ) {
    throws(() => parseDuration("--timeout", text), /^HarnexError: --timeout: expected a duration above zero/);
  }
});

Deno.test("parseInteger() takes what is in its range only", () => {
  const port = { min: 1, max: 65_535 };
  deepEqual(["1", "65535", "+80", "007"].map((text) => parseInteger("--port", text, port)), [1, 65_535, 80, 7]);
  for (const text of ["0", "65536", "-1", "80.5", "0x50", "", "8e2", "9".repeat(30)]) {
    throws(
      () => parseInteger("--port", text, port),
      usage(`--port: expected a whole number, from 1 to 65535, got "${text}"`),
    );
  }
  throws(
    () => parseInteger("--lines", "x", { min: 0, max: Number.MAX_SAFE_INTEGER }),
    usage('--lines: expected a whole number, 0 or more, got "x"'),
  );
});

Deno.test("parseJsonObject() takes objects only", () => {
  deepEqual(parseJsonObject("--meta", '{"a":[1]}'), { a: [1] });
  for (const text of ["[]", "1", "null", '"a"', "{", "", "{a:1}"]) {
    throws(() => parseJsonObject("--meta", text), /--meta: expected a JSON object, got /);
  }
});

Deno.test("parseInstant() takes ISO 8601 and nothing else", () => {
  const cases: [string, number][] = [
    ["2026-01-31T09:30:00Z", Date.UTC(2026, 0, 31, 9, 30)],
    ["2026-01-31T09:30:00.250+02:00", Date.UTC(2026, 0, 31, 7, 30, 0, 250)],
    ["2026-01-31t09:30z", Date.UTC(2026, 0, 31, 9, 30)],
    ["2026-01-31", Date.UTC(2026, 0, 31)],
    ["2024-02-29", Date.UTC(2024, 1, 29)],
  ];
  deepEqual(cases.map(([text]) => [text, parseInstant("--from", text).ms]), cases);
  for (
    const text of [
      "",
      "yesterday",
      "2026-13-01",
      "2026-02-30",
      "2026-02-29",
      "2026-01-31T25:00Z",
      "31.1.2026",
      "5m",
      "1700000000",
    ]
  ) {
    throws(() => parseInstant("--from", text), /--from: expected an ISO 8601 time/);
  }
});

Deno.test("refusals repeat at most 80 characters, none of them a control character", () => {
  try {
    parseDuration("--timeout", `\x1b[31m\n${"x".repeat(5_000)}`);
  } catch (error) {
    const message = messageOf(error);
    equal(message.length < 180, true);
    equal(message.includes(String.raw`got "\x1b[31m\nxxx`), true);
    return;
  }
  throw new Error("not refused");
});
