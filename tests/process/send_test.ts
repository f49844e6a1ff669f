/**
 * `harnex send`: what is delivered, queued, refused; what it prints and with which code it ends.
 */

import { join } from "node:path";
import { deepEqual, equal, match, ok } from "../support/assert.ts";
import { sessionTest as test } from "../support/own_sessions.ts";
import { parseJson, type Sessions } from "../support/sessions.ts";
import { until } from "../support/until.ts";
import { within } from "../support/within.ts";

/** Occupies the agent for as long as the test lives. */
async function occupy(sessions: Sessions): Promise<void> {
  equal((await sessions.ask(["send", "--id", "m", "work 100"])).answer["status"], "delivered");
}

test("send delivers to an agent at its prompt and prints the API's answer", async (sessions) => {
  await sessions.startReady("m", ["repl"]);
  const { code, answer: { message_id, ...answer } } = await sessions.ask(["send", "--id", "m", "--message", "hello"]);
  match(String(message_id), /^[0-9a-f]{16}$/);
  deepEqual({ code, answer }, {
    code: 0,
    answer: {
      ok: true,
      status: "delivered",
      cli: "repl",
      bytes_written: 6,
      injected_count: 1,
      newline: true,
      input_state: { state: "session", input_ready: null },
      force: false,
    },
  });
  await sessions.ask(["wait", "--id", "m", "--until", "prompt", "--timeout", "20"]);
  match(sessions.transcript("m"), /did: hello/);
});

test("send joins the words after its options", async (sessions) => {
  await sessions.startReady("m", ["repl"]);
  equal((await sessions.ask(["send", "--id", "m", "several", "words", "--wait-for-idle"])).code, 0);
  match(sessions.transcript("m"), /did: several words\r\n/);
});

test("send reads the text from stdin when there is no other", async (sessions) => {
  await sessions.startReady("m", ["repl"]);
  equal((await sessions.ask(["send", "--id", "m", "--wait-for-idle"], { stdin: "from a pipe\n" })).code, 0);
  match(sessions.transcript("m"), /did: from a pipe\r\n/);
  equal(
    (await sessions.ask(["send", "--id", "m", "--message", "told", "--wait-for-idle"], { stdin: "piped" })).code,
    0,
  );
  match(sessions.transcript("m"), /did: told\r\n/);
});

test("send --wait-for-idle returns when the message's own turn has ended", async (sessions) => {
  await sessions.startReady("m", ["repl"]);
  const { code, answer: { message_id, waited_seconds, ...answer } } = await sessions.ask(
    ["send", "--id", "m", "--wait-for-idle", "work 1.5"],
  );
  deepEqual({ code, answer }, { code: 0, answer: { ok: true, id: "m", state: "prompt" } });
  ok(Number(waited_seconds) >= 1.5, `not by the prompt that was there before: ${waited_seconds}`);
  match(sessions.transcript("m"), /worked: 1.5/);
  const types = sessions.events("m").filter((event) => event["message_id"] === message_id).map(({ type }) => type);
  deepEqual(types, ["send", "turn_started", "task_complete"]);
});

test("send to a busy agent queues, and the queue is delivered in order, one a prompt", async (sessions) => {
  await sessions.startReady("m", ["repl"]);
  const release = join(sessions.sandbox.path, "release");
  equal((await sessions.ask(["send", "--id", "m", `hold ${release}`])).code, 0);
  for (const word of ["first", "second", "third"]) {
    const { code, answer: { message_id, ...answer } } = await sessions.ask(["send", "--id", "m", "--no-wait", word]);
    equal(typeof message_id, "string");
    deepEqual({ code, answer }, { code: 0, answer: { ok: true, status: "queued" } });
  }
  Deno.writeTextFileSync(release, "");
  const last = await sessions.ask(["send", "--id", "m", "--timeout", "30", "last"]);
  const { message_id: id, step, queued_at, delivered_at, evidence, steps, ...row } = last.answer;
  const expected = { ok: true, status: "delivered", id, text_preview: "last", error: null, bytes_written: 5 };
  deepEqual({ code: last.code, row }, { code: 0, row: expected });
  ok(["accepted", "turn_started", "turn_ended"].includes(String(step)), String(step));
  deepEqual([queued_at, delivered_at, evidence].map((text) => typeof text), ["string", "string", "string"]);
  ok(Array.isArray(steps));
  await sessions.ask(["wait", "--id", "m", "--until", "prompt", "--timeout", "20"]);
  const did = [...sessions.transcript("m").matchAll(/did: (\w+)/g)].map(([, word]) => word);
  deepEqual(did, ["first", "second", "third", "last"]);
});

test("send to a busy agent ends with 124 when it is not delivered in time, and it stays queued", async (sessions) => {
  const session = await sessions.startReady("m", ["repl"]);
  await occupy(sessions);
  const { code, answer } = await sessions.ask(["send", "--id", "m", "--timeout", "2", "later"]);
  deepEqual({ code, answer }, {
    code: 124,
    answer: { ok: false, id: "m", status: "timeout", error: "delivery timed out after 2.0s" },
  });
  const inbox = parseJson(await (await sessions.call(session, "/inbox")).text());
  equal(Array.isArray(inbox["messages"]) && inbox["messages"].length, 1);
});

test("send --wait-for-idle ends with 124 when the turn takes longer", async (sessions) => {
  await sessions.startReady("m", ["repl"]);
  const { code, answer } = await sessions.ask(["send", "--id", "m", "--wait-for-idle", "--timeout", "1.5", "work 100"]);
  deepEqual([code, answer["ok"], answer["id"], answer["status"]], [124, false, "m", "timeout"]);
});

test("send tells of a message that expired in the queue", async (sessions) => {
  await sessions.startReady("m", ["repl", "--inbox-ttl", "1"]);
  await occupy(sessions);
  const { code, answer } = await sessions.ask(["send", "--id", "m", "--timeout", "60", "late"]);
  deepEqual([code, answer["ok"], answer["status"]], [1, false, "expired"]);
  equal(
    sessions.events("m").some(({ type, message_id }) => type === "expired" && message_id === answer["message_id"]),
    true,
  );
});

test("send reads HARNEX_INBOX_TTL, and the option beats it", async (sessions) => {
  await sessions.startReady("m", ["repl"], { env: { HARNEX_INBOX_TTL: "0.5" } });
  await occupy(sessions);
  equal((await sessions.ask(["send", "--id", "m", "--timeout", "60", "late"])).answer["status"], "expired");
  const bad = await sessions.run(["run", "repl", "--id", "bad", "--detach"], { env: { HARNEX_INBOX_TTL: "soon" } });
  equal(bad.code, 2);
  match(bad.stderr, /HARNEX_INBOX_TTL.*"soon"/);
});

test("send tells of a message that was dropped from the queue", async (sessions) => {
  const session = await sessions.startReady("m", ["repl"]);
  await occupy(sessions);
  await using waiting = sessions.spawn(["send", "--id", "m", "--verbose", "unwanted"]);
  await waiting.err.until(/queued/);
  const cleared = await (await sessions.call(session, "/inbox", { method: "DELETE" })).json();
  deepEqual(cleared, { ok: true, cleared: 1 });
  equal((await within(20_000, waiting.status)).code, 1);
  await waiting.out.ended;
  await waiting.err.ended;
  equal(parseJson(waiting.out.text)["status"], "dropped");
});

test("send tells of an agent that exits while a message waits", async (sessions) => {
  await sessions.startReady("m", ["repl"]);
  await occupy(sessions);
  await using waiting = sessions.spawn(["send", "--id", "m", "--verbose", "never"]);
  await waiting.err.until(/queued/);
  Deno.kill(sessions.record("m").pid, "SIGKILL");
  equal((await within(20_000, waiting.status)).code, 1);
  await waiting.out.ended;
  await waiting.err.ended;
  equal(parseJson(waiting.out.text)["ok"], false);
  const failed = sessions.events("m").filter(({ type }) => type === "failed");
  equal(failed.length, 1, "nothing is lost without a word");
});

test("send tells of a delivery, though the session is gone before it can be asked for more", async (sessions) => {
  // Works on each line until it is let go on.
  const agent = "printf '> '; while read line; do until [ -e go ]; do sleep 0.05; done; printf \"> \"; done";
  const session = await sessions.startReady("m", ["sh", "--", "-c", agent]);
  const breaksOff = () => new ReadableStream({ start: (controller) => controller.error(new Error("gone")) });
  await using api = Deno.serve({ hostname: "127.0.0.1", port: 0, onListen() {} }, async (asked) => {
    const { pathname, search } = new URL(asked.url);
    if (/^\/(messages|status)/.test(pathname)) return new Response(breaksOff());
    const { method, headers } = asked;
    const body = method === "POST" ? { body: await asked.text() } : {};
    const answer = await fetch(`http://127.0.0.1:${session.port}${pathname}${search}`, { method, headers, ...body });
    // The message waits now, and what it waits for ends.
    if (pathname === "/send") Deno.writeTextFileSync(join(sessions.sandbox.project, "go"), "");
    return answer;
  });
  equal((await sessions.run(["send", "--id", "m", "first"])).code, 0);
  // The host writes this delivery into its record, and must be done with that before the address there is changed.
  await until(20_000, () => sessions.record("m").json["injected_count"] === 1 ? true : undefined, "the record");
  Deno.writeTextFileSync(sessions.files("m").record, JSON.stringify({ ...session.json, port: api.addr.port }));
  const { code, answer } = await sessions.ask(["send", "--id", "m", "--timeout", "20", "hello"]);
  deepEqual({ code, answer }, { code: 0, answer: { ok: true, status: "delivered", message_id: answer["message_id"] } });
  match(String(answer["message_id"]), /^[0-9a-f]{16}$/);
});

test("send tells of an agent that exited just before the message came", async (sessions) => {
  const session = await sessions.startReady("m", ["repl"]);
  await using api = Deno.serve({ hostname: "127.0.0.1", port: 0, onListen() {} }, ({ url, headers }) => {
    const { pathname } = new URL(url);
    if (pathname === "/send") return Response.json({ ok: false, error: "the session is ending" }, { status: 503 });
    if (pathname === "/status") return Response.json({ ...session.json, agent_state: "exited" });
    return fetch(`http://127.0.0.1:${session.port}${pathname}`, { headers });
  });
  Deno.writeTextFileSync(sessions.files("m").record, JSON.stringify({ ...session.json, port: api.addr.port }));
  const { code, answer } = await sessions.ask(["send", "--id", "m", "--no-wait", "hello"]);
  deepEqual([code, answer["ok"], answer["id"], answer["state"]], [1, false, "m", "exited"]);
});

test("send --force types although the agent is busy", async (sessions) => {
  await sessions.startReady("m", ["repl"]);
  equal((await sessions.ask(["send", "--id", "m", "work 1"])).code, 0);
  const { answer } = await sessions.ask(["send", "--id", "m", "--force", "ahead"]);
  deepEqual([answer["status"], answer["force"]], ["delivered", true]);
  await sessions.ask(["wait", "--id", "m", "--until", "prompt", "--timeout", "20"]);
  match(sessions.transcript("m"), /did: ahead/);
});

test("send --no-submit types, and --submit-only presses Enter", async (sessions) => {
  const session = await sessions.startReady("m", ["repl"]);
  const typed = await sessions.ask(["send", "--id", "m", "--no-submit", "half a line"]);
  deepEqual([typed.code, typed.answer["status"], typed.answer["newline"], typed.answer["bytes_written"]], [
    0,
    "delivered",
    false,
    11,
  ]);
  match(await (await sessions.call(session, "/screen?format=text")).text(), /> half a line/);
  ok(!sessions.transcript("m").includes("did:"));
  const entered = await sessions.ask(["send", "--id", "m", "--submit-only", "--wait-for-idle"]);
  equal(entered.code, 0, JSON.stringify(entered.answer));
  match(sessions.transcript("m"), /did: half a line/);
});

test("send waits for a session that is yet to come", async (sessions) => {
  await using early = sessions.spawn(["send", "--id", "m", "--verbose", "--timeout", "60", "hello"]);
  const started = await sessions.start("m", ["repl"]);
  equal((await within(30_000, early.status)).code, 0);
  await early.out.ended;
  await early.err.ended;
  equal(parseJson(early.out.text)["status"], "delivered");
  equal(started.id, "m");
});

test("send tries again while a live session's API refuses, and ends with 124 when the time is up", async (sessions) => {
  const session = await sessions.startReady("m", ["repl"]);
  const port = freePort();
  Deno.writeTextFileSync(sessions.files("m").record, JSON.stringify({ ...session.json, port }));
  const timedOut = { ok: false, id: "m", status: "timeout", error: "delivery timed out after 0.5s" };
  for (const words of [["--no-wait"], ["--wait-for-idle"], ["--port", String(port), "--token", "x"]]) {
    const { code, answer } = await sessions.ask(["send", "--id", "m", "--timeout", "0.5", ...words, "lost"]);
    const error = words[0] === "--wait-for-idle" ? "wait for idle timed out after 0.5s" : timedOut.error;
    deepEqual({ code, answer }, { code: 124, answer: { ...timedOut, error } }, words.join(" "));
  }
  await using waiting = sessions.spawn(["send", "--id", "m", "--verbose", "found"]);
  await waiting.err.until(/trying again/);
  await using _api = Deno.serve({ hostname: "127.0.0.1", port, onListen() {} }, ({ url, method, headers, body }) => {
    const { pathname, search } = new URL(url);
    return fetch(`http://127.0.0.1:${session.port}${pathname}${search}`, { method, headers, body });
  });
  equal((await within(20_000, waiting.status)).code, 0);
  await Promise.all([waiting.out.ended, waiting.err.ended]);
  equal(parseJson(waiting.out.text)["status"], "delivered");
  equal(waiting.err.text.match(/trying again/g)?.length, 1);
  equal(sessions.transcript("m").includes("lost"), false);
});

test("send to a session whose address another one has taken over goes to the one that has the id now", async (sessions) => {
  const old = await sessions.startReady("m", ["repl"]);
  const taken: string[] = [];
  await using api = Deno.serve({ hostname: "127.0.0.1", port: 0, onListen() {} }, async ({ url }) => {
    taken.push(new URL(url).pathname);
    // Between the look into the record and the call one session ended and the next began.
    Deno.writeTextFileSync(sessions.files("m").record, JSON.stringify(old.json));
    equal((await sessions.run(["stop", "--id", "m", "--wait"])).code, 0);
    await sessions.startReady("m", ["repl"]);
    return Response.json({ ok: false, error: "unauthorized" }, { status: 401 });
  });
  Deno.writeTextFileSync(sessions.files("m").record, JSON.stringify({ ...old.json, port: api.addr.port }));
  const { code, answer } = await sessions.ask(["send", "--id", "m", "--timeout", "60", "hello"]);
  deepEqual([code, answer["status"], taken], [0, "delivered", ["/events"]]);
  const words = ["--port", String(sessions.record("m").port), "--token", "x"];
  const wrong = await sessions.run(["send", "--id", "m", ...words, "hello"]);
  equal(wrong.code, 1);
  match(wrong.stderr, /^harnex send: the session at http:\/\/127\.0\.0\.1:\d+ does not know this token; .*\n$/);
});

/** One that nobody listens on. */
function freePort(): number {
  using listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  return listener.addr.port;
}

test("send to an id that never comes ends with 124", async (sessions) => {
  const { code, answer } = await sessions.ask(["send", "--id", "nobody", "--timeout", "1", "hello"]);
  deepEqual({ code, answer }, {
    code: 124,
    answer: { ok: false, id: "nobody", status: "timeout", error: "lookup timed out after 1.0s" },
  });
});

test("send events hold 200 characters of the text and say when it was cut", async (sessions) => {
  await sessions.startReady("m", ["repl"]);
  await sessions.ask(["send", "--id", "m", "--wait-for-idle", "x".repeat(200)]);
  await sessions.ask(["send", "--id", "m", "--wait-for-idle", "y".repeat(201)]);
  // A character may be two units of UTF-16: it is counted once, and never cut in half.
  await sessions.ask(["send", "--id", "m", "--wait-for-idle", `a${"😀".repeat(199)}`]);
  await sessions.ask(["send", "--id", "m", "--wait-for-idle", `a${"😀".repeat(200)}`]);
  const sent = sessions.events("m").filter(({ type }) => type === "send");
  deepEqual(sent.map(({ msg, msg_truncated, forced }) => ({ msg, msg_truncated, forced })), [
    { msg: "x".repeat(200), msg_truncated: false, forced: false },
    { msg: `${"y".repeat(200)}…`, msg_truncated: true, forced: false },
    { msg: `a${"😀".repeat(199)}`, msg_truncated: false, forced: false },
    { msg: `a${"😀".repeat(199)}…`, msg_truncated: true, forced: false },
  ]);
});
