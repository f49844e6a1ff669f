/**
 * The session's HTTP API: who may call it, and what it makes of bad requests. Over a bare connection where fetch
 * would not say what a test wants said.
 */

import { deepEqual, equal, match, ok } from "../support/assert.ts";
import { createSessions, type LiveRecord, parseJson, type Sessions } from "../support/sessions.ts";
import { within } from "../support/within.ts";

const JSON_TYPE = { "content-type": "application/json" };

function test(name: string, fn: (sessions: Sessions, session: LiveRecord) => Promise<void>): void {
  Deno.test(name, async () => {
    await using sessions = createSessions();
    await fn(sessions, await sessions.startReady("s", ["repl"]));
  });
}

async function answerOf(response: Response): Promise<[status: number, body: unknown]> {
  return [response.status, JSON.parse(await response.text())];
}

/** For an answer whose body does not matter. */
async function statusOf(response: Response): Promise<number> {
  await response.body?.cancel();
  return response.status;
}

/** Sends these lines as they are; gives the status of the answer. */
async function speak({ port }: LiveRecord, lines: readonly string[]): Promise<number> {
  using connection = await Deno.connect({ hostname: "127.0.0.1", port });
  await connection.write(new TextEncoder().encode(`${lines.join("\r\n")}\r\n\r\n`));
  const buffer = new Uint8Array(4096);
  const size = await within(10_000, connection.read(buffer), "an answer");
  return Number(/^HTTP\/1\.[01] (\d+)/.exec(new TextDecoder().decode(buffer.subarray(0, size ?? 0)))?.[1]);
}

test("the API asks for the token on every path that it knows, and 404 comes first", async (sessions, session) => {
  const paths: [method: string, path: string][] = [
    ["GET", "/status"],
    ["GET", "/health"],
    ["POST", "/send"],
    ["POST", "/stop"],
    ["GET", "/messages/0"],
    ["GET", "/inbox"],
    ["DELETE", "/inbox"],
    ["DELETE", "/inbox/0"],
    ["GET", "/events"],
    ["GET", "/screen"],
  ];
  const refused = { ok: false, error: "unauthorized" };
  for (const [method, path] of paths) {
    for (const token of [null, "", "0".repeat(32), session.token.toUpperCase() + "x", session.token.slice(1)]) {
      deepEqual(await answerOf(await sessions.call(session, path, { method, token })), [401, refused], path);
    }
  }
  for (const path of ["/", "/nothing", "/status/", "/messages/", "/send/x"]) {
    const [status, body] = await answerOf(await sessions.call(session, path, { token: null }));
    equal(status, 404, path);
    equal(typeof body === "object" && body !== null && "ok" in body && body.ok, false);
  }
  for (const path of ["/messages/%", "/inbox/%E0%A4%A"]) {
    equal(
      (await answerOf(await sessions.call(session, path, { method: "DELETE" })))[0],
      path.startsWith("/i") ? 400 : 404,
    );
    equal((await answerOf(await sessions.call(session, path)))[0], path.startsWith("/i") ? 404 : 400, path);
  }
  equal(sessions.events("s").some(({ type }) => type === "stop_requested"), false);
});

test("the API refuses a foreign Host header, even with the token", async (sessions, session) => {
  const ask = (host: string) =>
    speak(session, ["GET /status HTTP/1.1", `Host: ${host}`, `Authorization: Bearer ${session.token}`]);
  for (const host of ["evil.example", `evil.example:${session.port}`, "127.0.0.1.evil.example", "localhost.evil", ""]) {
    equal(await ask(host), 403, host);
  }
  for (const host of ["127.0.0.1", `127.0.0.1:${session.port}`, `localhost:${session.port}`, "LOCALHOST", "[::1]"]) {
    equal(await ask(host), 200, host);
  }
  equal((await sessions.ask(["stop", "--id", "s", "--wait"])).code, 0);
});

test("POST /send refuses a body over the limit with 413", async (sessions, session) => {
  const text = "x".repeat(2_000_000);
  const body = JSON.stringify({ text, submit: true });
  const [status, answer] = await answerOf(
    await sessions.call(session, "/send", { method: "POST", headers: JSON_TYPE, body }),
  );
  equal(status, 413);
  match(JSON.stringify(answer), /over 1048576 bytes/);
  // Without a length, too: in chunks.
  const chunks = ReadableStream.from(Array.from({ length: 40 }, () => new TextEncoder().encode("y".repeat(50_000))));
  const streamed = await sessions.call(session, "/send", { method: "POST", body: chunks }).catch(() => undefined);
  if (streamed !== undefined) deepEqual((await answerOf(streamed))[0], 413); // else it hung up on us in the middle
  equal(await statusOf(await sessions.call(session, "/status")), 200);
});

test("POST /send refuses what is no message with 400", async (sessions, session) => {
  const post = async (body: string, headers: HeadersInit = JSON_TYPE) =>
    await answerOf(await sessions.call(session, "/send", { method: "POST", headers, body }));
  const notAnObject = { ok: false, error: "the body must be a JSON object" };
  for (const body of ["[1]", '"text"', "7", "null", "true", "{", "{]", "\0", '{"text":"a"} {}']) {
    deepEqual(await post(body), [400, notAnObject], body);
  }
  const noText = { ok: false, error: "text is required" };
  for (const body of ["", "  ", "{}", '{"text":""}', '{"text":7,"submit":true}', '{"text":null,"force":true}']) {
    deepEqual(await post(body), [400, noText], body);
  }
  deepEqual(await post("", { "content-type": "text/plain" }), [400, noText]);
  equal(sessions.events("s").some(({ type }) => type === "send" || type === "queued"), false);
});

test("POST /send without a flag, or with plain text, types verbatim whatever the state", async (sessions, session) => {
  const plain = await sessions.call(session, "/send", {
    method: "POST",
    headers: { "content-type": "text/plain" },
    body: "one",
  });
  const { status, newline, bytes_written } = await plain.json();
  deepEqual([plain.status, status, newline, bytes_written], [200, "delivered", true, 4]);
  const body = JSON.stringify({ text: "tw", newline: false });
  const raw = await sessions.call(session, "/send", { method: "POST", headers: JSON_TYPE, body });
  deepEqual([raw.status, (await raw.json()).newline], [200, false]);
  const rest = await sessions.call(session, "/send", { method: "POST", headers: JSON_TYPE, body: '{"text":"o"}' });
  await rest.body?.cancel();
  await using follower = sessions.spawn(["logs", "--id", "s", "--follow"]);
  await follower.out.until(/did: one[^]*did: two/);
});

test("POST /send of verbatim text with its Enter begins a turn, whose end is told", async (sessions, session) => {
  const body = JSON.stringify({ text: "work 0.5" });
  const response = await sessions.call(session, "/send", { method: "POST", headers: JSON_TYPE, body });
  const { message_id, input_state } = await response.json();
  deepEqual(input_state, { state: "session", input_ready: null });
  equal((await sessions.ask(["wait", "--id", "s", "--until", "task_complete", "--timeout", "20"])).code, 0);
  const own = sessions.events("s").filter((event) => event["message_id"] === message_id);
  deepEqual(own.map(({ type, msg }) => [type, msg]), [
    ["send", "work 0.5"],
    ["turn_started", undefined],
    ["task_complete", undefined],
  ]);
});

test("POST /send leaves out what is no text, such as a NUL", async (sessions, session) => {
  const body = JSON.stringify({ text: "a\u0000b", submit: true });
  const response = await sessions.call(session, "/send", { method: "POST", headers: JSON_TYPE, body });
  deepEqual([response.status, (await response.json()).bytes_written], [200, 3]);
  await using follower = sessions.spawn(["logs", "--id", "s", "--follow"]);
  await follower.out.until(/did: ab\r\n/);
});

test("POST /send refuses the 65th waiting message with 503, and none is lost", async (sessions, session) => {
  equal((await sessions.ask(["send", "--id", "s", "work 100"])).answer["status"], "delivered");
  const post = (text: string) =>
    sessions.call(session, "/send", {
      method: "POST",
      headers: JSON_TYPE,
      body: JSON.stringify({ text, submit: true }),
    });
  for (let number = 1; number <= 64; number++) {
    const response = await post(`message ${number}`);
    deepEqual([response.status, (await response.json()).status], [202, "queued"]);
  }
  deepEqual(await answerOf(await post("one too many")), [503, {
    ok: false,
    error: "inbox full (64 pending messages)",
  }]);
  const refused = await sessions.run(["send", "--id", "s", "--no-wait", "again"]);
  equal(refused.code, 1);
  match(refused.stderr, /^harnex send: inbox full \(64 pending messages\)/m);

  const { messages } = await (await sessions.call(session, "/inbox")).json();
  equal(messages.length, 64);
  const { id, status, text_preview } = messages[63];
  deepEqual([status, text_preview], ["queued", "message 64"]);
  const one = await sessions.call(session, `/inbox/${id}`, { method: "DELETE" });
  equal((await one.json()).message.status, "dropped");
  deepEqual((await (await sessions.call(session, `/messages/${id}`)).json()).status, "dropped");
  equal(await statusOf(await sessions.call(session, `/inbox/${id}`, { method: "DELETE" })), 404);
  equal(await statusOf(await post("now there is room")), 202);
});

test("GET /messages/:id follows a message to its end, and knows no other", async (sessions, session) => {
  const { answer } = await sessions.ask(["send", "--id", "s", "--wait-for-idle", `  many   blanks ${"x".repeat(100)}`]);
  const row = await (await sessions.call(session, `/messages/${answer["message_id"]}`)).json();
  deepEqual([row.status, row.error, row.step], ["delivered", null, "turn_ended"]);
  equal(row.text_preview, `many blanks ${"x".repeat(65)}...`);
  ok(Date.parse(row.queued_at) <= Date.parse(row.delivered_at));
  equal(await statusOf(await sessions.call(session, "/messages/ffffffffffffffff")), 404);
  // Used to be 500: the escape is cut short.
  equal(await statusOf(await sessions.call(session, "/messages/%")), 400);
});

test("GET /events replays from a seq and then follows until the end", async (sessions, session) => {
  const response = await sessions.call(session, "/events?from=1");
  equal(response.headers.get("content-type"), "text/event-stream");
  const all = response.text();
  equal(await statusOf(await sessions.call(session, "/events?from=x")), 400);
  equal((await sessions.ask(["stop", "--id", "s", "--wait"])).code, 0);
  const streamed = [...(await within(20_000, all)).matchAll(/^data: (.*)$/gm)].map(([, data]) => parseJson(data ?? ""));
  deepEqual(streamed, sessions.events("s"));
});
