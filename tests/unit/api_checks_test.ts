/** What a request must pass before a route sees it, and how much of a body is read. */

import { readBody, readObject } from "../../src/host/api/http.ts";
import type { SessionEvent } from "../../src/model/events.ts";
import { deepEqual, equal, rejects } from "../support/assert.ts";
import { createFakeSession } from "../support/fake_session_api.ts";

const TOKEN = `Bearer ${"t".repeat(32)}`;
const HOOK_TOKEN = `Bearer ${"h".repeat(32)}`;

/** The status of a request with these headers, and whether the session was asked for anything. */
async function statusOf(method: string, path: string, headers: Readonly<Record<string, string>>) {
  const session = createFakeSession();
  const { status, text } = await session.call(method, path, {
    headers,
    ...(method === "GET" ? {} : { body: {} }),
  });
  return { status, asked: session.asked.length, ok: JSON.parse(text).ok };
}

Deno.test("a foreign Host header is refused first, then an unknown path, then a wrong token, then a method", async () => {
  const wrong = { host: "evil.example", authorization: "" };
  deepEqual(await statusOf("GET", "/nowhere", wrong), { status: 403, asked: 0, ok: false });
  deepEqual(await statusOf("DELETE", "/inbox", wrong), { status: 403, asked: 0, ok: false });
  deepEqual(await statusOf("GET", "/nowhere", { authorization: "" }), { status: 404, asked: 0, ok: false });
  deepEqual(await statusOf("DELETE", "/inbox", { authorization: "" }), { status: 401, asked: 0, ok: false });
  deepEqual(await statusOf("DELETE", "/inbox", { authorization: `${TOKEN}x` }), { status: 401, asked: 0, ok: false });
  deepEqual(await statusOf("DELETE", "/status", { authorization: TOKEN }), { status: 404, asked: 0, ok: false });
  deepEqual(await statusOf("DELETE", "/inbox", { authorization: TOKEN }), { status: 200, asked: 1, ok: true });
});

Deno.test("the token of the agent's hooks opens POST /signals and nothing else, and no other token opens that", async () => {
  equal((await statusOf("POST", "/signals", { authorization: TOKEN })).status, 401);
  equal((await statusOf("POST", "/signals", { authorization: HOOK_TOKEN })).status, 200);
  equal((await statusOf("DELETE", "/inbox", { authorization: HOOK_TOKEN })).status, 401);
});

Deno.test("an error that was not foreseen is answered with 500 and its words", async () => {
  const session = createFakeSession({
    explain: () => Promise.reject(new TypeError("a fault")),
  });
  const { status, text } = await session.call("GET", "/explain");
  deepEqual([status, JSON.parse(text)], [500, { ok: false, error: "a fault" }]);
});

Deno.test("a message of an earlier host that died is found by its id", async () => {
  const lost = { step: "typed", queued_at: "x", text_preview: "hi", error: "the host died" } as const;
  const session = createFakeSession({ undelivered: [{ message_id: "old", session_id: "s0", ...lost }] });
  const found = await session.call("GET", "/messages/old");
  deepEqual([found.status, JSON.parse(found.text)], [
    200,
    { id: "old", ...lost, status: "failed", delivered_at: null, steps: [] },
  ]);
  equal((await session.call("GET", "/messages/none")).status, 404);
});

Deno.test("the caller's name in an event has at most 80 characters, and is api where there is none", async () => {
  const session = createFakeSession();
  await session.call("POST", "/stop", { body: { by: "x".repeat(81) } });
  await session.call("POST", "/stop", { body: {} });
  await session.call("POST", "/stop", { body: { kill_after_s: 0 } });
  await session.call("POST", "/stop", { body: { kill_after_s: 1.5 } });
  deepEqual(session.asked, [
    ["stop", { by: "x".repeat(80) }],
    ["stop", { by: "api" }],
    ["stop", { by: "api" }],
    ["stop", { by: "api", killAfterMs: 1_500 }],
  ]);
});

/** A request with this body: with its length in a header, or in chunks without one. */
function post(body: string, how: "whole" | "chunks"): Request {
  const bytes = new TextEncoder().encode(body);
  const half = Math.ceil(bytes.length / 2);
  const parts = [bytes.subarray(0, half), bytes.subarray(half)];
  return new Request("http://127.0.0.1/send", {
    method: "POST",
    ...(how === "whole"
      ? { body: bytes, headers: { "content-length": String(bytes.length) } }
      : { body: ReadableStream.from(parts) }),
  });
}

for (const how of ["whole", "chunks"] as const) {
  Deno.test(`readBody() takes a body of exactly the limit and no more (${how})`, async () => {
    equal(await readBody(post("12345678", how), 8), "12345678");
    await rejects(readBody(post("123456789", how), 8), { code: "too_large" });
    equal((await readBody(post("x".repeat(1 << 20), how))).length, 1 << 20);
    await rejects(readBody(post("x".repeat((1 << 20) + 1), how)), { code: "too_large" });
  });
}

Deno.test("readBody() keeps a character whole that two chunks share", async () => {
  equal(await readBody(post("a€", "chunks")), "a€");
});

Deno.test("readObject() is an empty object for an empty body, and refuses what is no object", async () => {
  deepEqual([await readObject(post("", "whole")), await readObject(post(" \n", "whole"))], [{}, {}]);
  for (const body of ["[]", "7", "null", "{", '"text"']) {
    await rejects(readObject(post(body, "whole")), { code: "invalid" }, body);
  }
});

Deno.test("GET /events sends what is on disk, then what came meanwhile, each once and in order", async () => {
  const event = (seq: number): SessionEvent => ({
    ...{ schema_version: 1, seq, ts: "2026-01-01T00:00:00.000Z", id: "a", session_id: "s" },
    ...{ type: "queued", message_id: `m${seq}` },
  });
  let heard: (event: SessionEvent) => void = () => {};
  const session = createFakeSession({
    events: {
      subscribe(listener) {
        heard = listener;
        return { [Symbol.dispose]: () => {} };
      },
      replay(from) {
        // 3 is on disk already when it is announced; 4 is not.
        heard(event(3));
        heard(event(4));
        return Promise.resolve([2, 3].filter((seq) => seq >= from).map((seq) => ({ ...event(seq) })));
      },
    },
  });
  const { type, text } = await session.call("GET", "/events?from=2");
  equal(type, "text/event-stream");
  const frames = text.split("\n\n").filter((frame) => frame.startsWith("id: "));
  deepEqual(frames, [2, 3, 4].map((seq) => `id: ${seq}\ndata: ${JSON.stringify(event(seq))}`));
});
