/**
 * What the routes of a session's API make of requests: bodies and queries as their schemas parse them, refusals with
 * their status. That the real program answers so is shown in tests/process.
 */

import { OPERATIONS } from "../../src/host/api/operations.ts";
import { ROUTES } from "../../src/host/api/routes.ts";
import { type ErrorCode, HarnexError } from "../../src/model/errors.ts";
import { deepEqual, equal, match } from "../support/assert.ts";
import { createFakeSession } from "../support/fake_session_api.ts";

/** What the session was asked for when this was posted; the answer's status and error when that was nothing. */
async function post(path: string, body: unknown, type = "application/json"): Promise<unknown> {
  const session = createFakeSession();
  const { status, text } = await session.call("POST", path, { body, headers: { "content-type": type } });
  const [asked, ...more] = session.asked;
  deepEqual(more, []);
  return asked ?? [status, JSON.parse(text).error];
}

Deno.test("every operation of the table has its route", () => {
  deepEqual(Object.keys(ROUTES).sort(), Object.keys(OPERATIONS).sort());
});

Deno.test("POST /send with one of the three flags is a message", async () => {
  const message = { text: "hi", mode: "submit", force: false };
  const cases: [body: object, request: object][] = [
    [{ text: "hi", submit: true }, message],
    [{ text: "hi", force: false }, message],
    [{ text: "hi", force: true }, { ...message, force: true }],
    [{ text: "hi", submit: false }, { ...message, mode: "type" }],
    [{ enter_only: true }, { ...message, text: "", mode: "enter" }],
    [{ text: "hi", submit: true, key: "k".repeat(200) }, { ...message, key: "k".repeat(200) }],
    // Fields that the schema does not name do not matter.
    [{ text: "hi", submit: true, newline: false, unknown: 1, toString: 2 }, message],
    // A flag of the wrong type counts as absent, but its name makes the body a message.
    [{ text: "hi", submit: 0, enter_only: 1, force: "yes" }, message],
  ];
  for (const [body, request] of cases) deepEqual(await post("/send", body), ["send", request], JSON.stringify(body));
});

Deno.test("POST /send without a flag, and plain text, is typed verbatim", async () => {
  const verbatim = { text: "hi\n", mode: "raw", force: true };
  for (
    const body of [{ text: "hi" }, { text: "hi", newline: true }, { text: "hi", newline: 0 }, { text: "hi", key: 7 }]
  ) {
    deepEqual(await post("/send", body), ["send", verbatim], JSON.stringify(body));
  }
  deepEqual(await post("/send", { text: "hi", newline: false }), ["send", { ...verbatim, text: "hi" }]);
  deepEqual(await post("/send", '{"text":', "text/plain"), ["send", { ...verbatim, text: '{"text":\n' }]);
  deepEqual(await post("/send", "hi", ""), ["send", verbatim]);
});

Deno.test("POST /send refuses a body without text, and a key that is none", async () => {
  const noText = [400, "text is required"];
  for (const body of [{}, { text: "" }, { text: 7 }, { text: null, submit: true }, { submit: false, key: 7 }, ""]) {
    deepEqual(await post("/send", body), noText, JSON.stringify(body));
  }
  deepEqual(await post("/send", "", "text/plain"), noText);
  for (const key of ["", "k".repeat(201), 7, null]) {
    const body = { text: "hi", submit: true, key };
    deepEqual(await post("/send", body), [400, "key is a text of 1 to 200 characters"], JSON.stringify(key));
  }
});

Deno.test("POST /stop, /answer and /watch pass on what their schemas name", async () => {
  const cases: [path: string, body: unknown, asked: unknown[]][] = [
    ["/stop", "", ["stop", { by: "api" }]],
    ["/stop", { by: "me", kill_after_s: 1.5, more: 1 }, ["stop", { by: "me", killAfterMs: 1500 }]],
    ["/stop", { by: "x".repeat(99), kill_after_s: 0 }, ["stop", { by: "x".repeat(80) }]],
    ["/stop", { by: 7, kill_after_s: "1" }, ["stop", { by: "api" }]],
    ["/answer", { choice: "Yes", by: "me" }, ["answer", { choice: "Yes" }, "me"]],
    ["/answer", { decision: "deny", message: "no", more: 1 }, ["answer", { decision: "deny", message: "no" }, "api"]],
    ["/watch", { type: "log_active", idle_s: 1 }, ["noteWatch", { type: "log_active" }]],
    ["/watch", { type: "log_idle", idle_s: 1.5 }, ["noteWatch", { type: "log_idle", idle_s: 1.5 }]],
    ["/watch", { type: "resume", attempt: 1, max: 2 }, ["noteWatch", { type: "resume", attempt: 1, max: 2 }]],
    ["/signals", { any: [1] }, ["report", { any: [1] }]],
  ];
  for (const [path, body, asked] of cases) {
    deepEqual(await post(path, body), asked, `${path} ${JSON.stringify(body)}`);
  }
});

Deno.test("POST /answer and /watch refuse what says nothing", async () => {
  const noAnswer = [400, 'an answer needs "choice", or "decision" as approve or deny'];
  for (const body of [{}, { choice: 1 }, { decision: "maybe" }, { message: "no" }]) {
    deepEqual(await post("/answer", body), noAnswer, JSON.stringify(body));
  }
  const noReport = [400, "a report is log_idle with idle_s, resume with attempt and max, or log_active"];
  for (
    const body of [{ type: "log_idle" }, { type: "log_idle", idle_s: "1" }, { type: "resume", attempt: 1.5, max: 2 }]
  ) {
    deepEqual(await post("/watch", body), noReport, JSON.stringify(body));
  }
  deepEqual(await post("/watch", { type: "other" }), [400, "type is log_idle, resume or log_active"]);
  deepEqual(await post("/watch", {}), [400, "type is missing"]);
});

Deno.test("every operation with a body refuses one that is not a JSON object", async () => {
  for (const path of ["/send", "/stop", "/answer", "/watch", "/signals"]) {
    for (const body of ["[]", "{", "7", "null", '"text"']) {
      deepEqual(await post(path, body), [400, "the body must be a JSON object"], `${path} ${body}`);
    }
  }
});

Deno.test("GET /events takes a whole number, and /screen a format; the first of a name counts", async () => {
  const get = async (path: string) => {
    const session = createFakeSession();
    const { status, type, text } = await session.call("GET", path);
    return status === 200 ? session.asked[0] ?? type : [status, JSON.parse(text).error];
  };
  deepEqual(await get("/events"), ["replay", 1]);
  deepEqual(await get("/events?from=0&more=x"), ["replay", 0]);
  deepEqual(await get("/events?from=7&from=x"), ["replay", 7]);
  for (const from of ["x", "-1", "1.5", "1e999", "9007199254740993", "NaN"]) {
    deepEqual(await get(`/events?from=${from}`), [400, "from is an event's seq, a whole number"], from);
  }
  equal(await get("/screen"), "application/json");
  equal(await get("/screen?format=text"), "text/plain");
  equal(await get("/screen?format=ansi&format=json"), "text/plain");
  for (const format of ["png", ""]) {
    deepEqual(await get(`/screen?format=${format}`), [400, "format is text, ansi or json"], format);
  }
});

Deno.test("an agent without a terminal has no screen, whatever the format, and nothing to attach to", async () => {
  const session = createFakeSession({ terminal: undefined });
  for (const path of ["/screen", "/screen?format=png", "/attach"]) {
    const { status, text } = await session.call("GET", path);
    equal(status, 404, path);
    match(text, /this agent has no terminal/);
  }
});

Deno.test("GET /attach takes mode and size, and looks past what is no size", async () => {
  const attach = async (query: string) => {
    const session = createFakeSession();
    await session.call("GET", `/attach?${query}`, { headers: { upgrade: "WebSocket" } });
    return session.asked[0]?.[1];
  };
  deepEqual(await attach(""), { mode: "write", size: undefined });
  deepEqual(await attach("rows=24&columns=80&mode=read"), { mode: "read", size: { rows: 24, columns: 80 } });
  deepEqual(await attach("rows=1&columns=1000&mode=other"), { mode: "write", size: { rows: 1, columns: 1000 } });
  for (
    const size of ["rows=24", "rows=0&columns=80", "rows=24&columns=1001", "rows=x&columns=80", "rows=1.5&columns=8"]
  ) {
    deepEqual(await attach(size), { mode: "write", size: undefined }, size);
  }
  deepEqual((await createFakeSession().call("GET", "/attach")).status, 400);
});

Deno.test("an error answers with the status of its code", async () => {
  const statusOf = async (error: Error) => {
    const session = createFakeSession({ stop: () => Promise.reject(error) });
    const { status, text } = await session.call("POST", "/stop");
    deepEqual(JSON.parse(text), { ok: false, error: "no" });
    return status;
  };
  const codes: [ErrorCode, number][] = [
    ["usage", 400],
    ["invalid", 400],
    ["unauthorized", 401],
    ["forbidden", 403],
    ["not_found", 404],
    ["ambiguous", 409],
    ["conflict", 409],
    ["too_large", 413],
    ["busy", 503],
    ["unavailable", 503],
    ["timeout", 504],
    ["failed", 500],
  ];
  for (const [code, status] of codes) equal(await statusOf(new HarnexError(code, "no")), status, code);
  equal(await statusOf(new TypeError("no")), 500);
});
