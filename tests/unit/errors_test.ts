/** The one table of errors: scripts go by the exit status, callers of the API by the HTTP status. */

import { type ErrorCode, HarnexError, Interrupted, messageOf } from "../../src/model/errors.ts";
import { deepEqual, equal } from "../support/assert.ts";

const STATUSES: Readonly<Record<ErrorCode, readonly [exit: number, http: number]>> = {
  usage: [2, 400],
  invalid: [1, 400],
  unauthorized: [1, 401],
  forbidden: [1, 403],
  not_found: [1, 404],
  ambiguous: [1, 409],
  conflict: [1, 409],
  too_large: [1, 413],
  busy: [1, 503],
  timeout: [124, 504],
  unavailable: [1, 503],
  failed: [1, 500],
};

Deno.test("HarnexError has the exit status and the HTTP status of its code", () => {
  const codes = Object.keys(STATUSES).filter((code): code is ErrorCode => code in STATUSES);
  const found = codes.map((code) => {
    const error = new HarnexError(code, "what went wrong");
    return [code, [error.exitCode, error.httpStatus]];
  });
  deepEqual(Object.fromEntries(found), STATUSES);
});

Deno.test("Interrupted ends as the OS signal would have", () => {
  deepEqual((["SIGHUP", "SIGINT", "SIGTERM"] as const).map((name) => new Interrupted(name).exitCode), [129, 130, 143]);
});

Deno.test("messageOf() is one line of whatever was thrown", () => {
  deepEqual([messageOf(new Error("a\n  b\r\n c ")), messageOf("text"), messageOf(undefined)], [
    "a b c",
    "text",
    "undefined",
  ]);
  equal(messageOf(new HarnexError("failed", "no disk")), "no disk");
});
