/**
 * The API of a real session under requests that nobody would send: any method, path, header and body, clients that
 * stop in the middle, and hundreds at a time. The session answers each with a reason, and goes on as if nothing were.
 */

import fc from "fast-check";
import { deepEqual, equal, ok } from "../support/assert.ts";
import { fuzz } from "../support/fuzz.ts";
import { createSessions, type LiveRecord, type Sessions } from "../support/sessions.ts";
import { until } from "../support/until.ts";
import { within } from "../support/within.ts";

const PARALLEL = 500;
const HANGING = 200;
const decoder = new TextDecoder();
const encode = (text: string) => new TextEncoder().encode(text);

function test(name: string, fn: (sessions: Sessions, session: LiveRecord) => Promise<void>): void {
  Deno.test(name, async () => {
    await using sessions = createSessions();
    const session = await sessions.startReady("s", ["repl"]);
    await fn(sessions, session);
    // It is whole: it takes a message, stops in good order, and nothing of it is left.
    const sent = await sessions.ask(["send", "--id", "s", "--wait-for-idle", "still there"]);
    equal(sent.code, 0, JSON.stringify(sent));
    const tail = sessions.transcript("s").slice(-200);
    ok(tail.includes("did: still there"), tail);
    equal((await sessions.ask(["stop", "--id", "s", "--wait"])).code, 0);
  });
}

interface Heard {
  status: number;
  body: string;
}

/** Sends bytes as they are and reads until the other side has closed; status 0 is a connection closed without a word. */
async function exchange({ port }: LiveRecord, bytes: Uint8Array): Promise<Heard> {
  using connection = await Deno.connect({ hostname: "127.0.0.1", port });
  let text = "";
  try {
    for (let at = 0; at < bytes.length;) at += await connection.write(bytes.subarray(at));
    const buffer = new Uint8Array(16_384);
    for (let size = await connection.read(buffer); size !== null; size = await connection.read(buffer)) {
      text += decoder.decode(buffer.subarray(0, size), { stream: true });
      if (text.includes("text/event-stream")) break;
    }
  } catch (error) {
    // It may hang up on what it does not want to read to the end.
    if (!(error instanceof Deno.errors.ConnectionReset) && !(error instanceof Deno.errors.BrokenPipe)) throw error;
  }
  const [head = "", body = ""] = text.split("\r\n\r\n");
  return { status: Number(/^HTTP\/1\.[01] (\d+)/.exec(head)?.[1] ?? 0), body };
}

const wild = fc.string({ unit: "binary", maxLength: 12 });
const visible = fc.string({ unit: "grapheme-ascii", maxLength: 12 });
const method = fc.constantFrom("GET", "POST", "DELETE", "PUT", "PATCH", "OPTIONS", "HEAD", "TRACE", "FOO", "get");
const path = fc.oneof(
  fc.constantFrom(
    "/",
    "/status",
    "/health",
    "/send",
    "/messages/x",
    "/inbox",
    "/inbox/x",
    "/events?from=x",
    "/signals",
  ),
  fc.constantFrom("/screen", "/screen?format=ansi", "/explain", "/answer", "/watch", "/attach", "//", "/../send", "*"),
  fc.constantFrom(
    "/messages/%",
    "/messages/%E0%A4%A",
    "/inbox/%2e%2e%2f",
    "/messages/%00",
    "/events?from=1e999",
    "/send/",
  ),
  visible.map((text) => `/messages/${encodeURIComponent(text)}`),
  wild.map((text) => `/${text.replaceAll(/[\s\0]/g, "_")}`),
);
const header = fc.oneof(
  fc.constantFrom("Content-Type: application/json", "Content-Length: 5", "Content-Length: -1", "Content-Length: x"),
  fc.constantFrom("Transfer-Encoding: chunked", "Expect: 100-continue", "Upgrade: websocket", "Connection: upgrade"),
  fc.constantFrom("Host: evil", "Host:", "Authorization: x", "X: \x00", " folded", "no colon", "Range: bytes=0-1"),
  visible.map((text) => `X-Any: ${text}`),
);
/** No message among them, because what a message may do is not the question here; `stop` is left out, too. */
const body = fc.oneof(
  fc.constant(""),
  fc.json({ maxDepth: 4 }),
  fc.constantFrom("{", "[]", "null", '"x"', '{"text":1}', '{"text":""}'),
);

test(
  "fuzz: any request gets an answer with a reason, and none is the session's own failure",
  async (sessions, session) => {
    const proper = [`Host: 127.0.0.1:${session.port}`, `Authorization: Bearer ${session.token}`, "Connection: close"];
    const request = fc.record({ method, path, headers: fc.array(header, { maxLength: 3 }), body });
    await fc.assert(
      fc.asyncProperty(request, async ({ method, path, headers, body }) => {
        const type = "Content-Type: application/json";
        const head = [
          `${method} ${path} HTTP/1.1`,
          ...proper,
          type,
          `Content-Length: ${encode(body).length}`,
          ...headers,
        ];
        const heard = await within(10_000, exchange(session, encode(`${head.join("\r\n")}\r\n\r\n${body}`)), path);
        const seen = JSON.stringify({ method, path, headers, body, heard });
        ok(heard.status < 500, seen);
        // What is no HTTP is answered below the API, without a body, and so is HEAD.
        if (heard.status >= 401 && heard.body !== "") {
          const { ok: isFine, error } = JSON.parse(heard.body);
          deepEqual([isFine, typeof error], [false, "string"], seen);
        }
      }),
      fuzz(150),
    );
    equal((await (await sessions.call(session, "/status")).json()).ok, true);
    const events = sessions.events("s").map(({ type }) => type);
    deepEqual(events.filter((type) => type === "send" || type === "stop_requested"), []);
  },
);

test("fuzz: bodies of POST /send are messages, or refused with 400", async (sessions, session) => {
  const field = fc.oneof(fc.jsonValue(), fc.constantFrom("", 0, null, true, "x"));
  const any = fc.dictionary(
    fc.constantFrom("submit", "enter_only", "force", "key", "newline", "__proto__", "toString"),
    field,
  );
  const text = fc.constantFrom(undefined, "", 1, null, [], {}, ["hello"]);
  const headers = { "content-type": "application/json" };
  await fc.assert(
    fc.asyncProperty(any, text, async (fields, text) => {
      // Enter alone is a message, too, and has no text.
      const content = { ...fields, enter_only: fields["enter_only"] === true ? 1 : fields["enter_only"], text };
      const response = await sessions.call(session, "/send", {
        method: "POST",
        headers,
        body: JSON.stringify(content),
      });
      const answer = await response.text();
      ok(response.status === 400, `${response.status} ${answer} for ${JSON.stringify(content)}`);
      equal(JSON.parse(answer).ok, false);
    }),
    fuzz(100),
  );
});

test(
  `${HANGING} clients that stop in the middle hold nobody up, and leave nothing behind`,
  async (sessions, session) => {
    const before = descriptorsOf(session.hostPid);
    const auth = `Host: 127.0.0.1\r\nAuthorization: Bearer ${session.token}\r\n`;
    const beginnings = [
      "",
      "GET",
      "GET /status HTTP/1.1\r\nHost: 127",
      `POST /send HTTP/1.1\r\n${auth}Content-Type: application/json\r\nContent-Length: 1000\r\n\r\n{"text":`,
      `POST /stop HTTP/1.1\r\n${auth}Transfer-Encoding: chunked\r\n\r\n5\r\n{"by"`,
      `GET /events HTTP/1.1\r\n${auth}\r\n`,
    ];
    const hanging = await Promise.all(Array.from({ length: HANGING }, async (_, index) => {
      const connection = await Deno.connect({ hostname: "127.0.0.1", port: session.port });
      await connection.write(encode(beginnings[index % beginnings.length] ?? ""));
      return connection;
    }));
    const status = await within(5_000, sessions.call(session, "/status"), "an answer beside them");
    equal((await status.json()).agent_state, "prompt");
    const sent = await sessions.ask(["send", "--id", "s", "--wait-for-idle", "beside them"]);
    equal(sent.code, 0, JSON.stringify(sent));
    hanging.forEach((connection) => connection.close());
    if (Deno.build.os === "linux") {
      const look = () => descriptorsOf(session.hostPid) <= before + 2 || undefined;
      await until(10_000, look, `${before} descriptors again`);
    }
    equal(sessions.events("s").some(({ type }) => type === "stop_requested"), false);
  },
);

Deno.test(`clients that hang do not keep a session from stopping`, async () => {
  await using sessions = createSessions();
  const session = await sessions.startReady("s", ["repl"]);
  const head =
    `POST /send HTTP/1.1\r\nHost: 127.0.0.1\r\nAuthorization: Bearer ${session.token}\r\nContent-Length: 9\r\n\r\n`;
  const hanging = await Promise.all(["", head, "GET /ev"].map(async (beginning) => {
    const connection = await Deno.connect({ hostname: "127.0.0.1", port: session.port });
    await connection.write(encode(beginning));
    return connection;
  }));
  const { code, answer } = await sessions.ask(["stop", "--id", "s", "--wait"], { timeoutMs: 20_000 });
  deepEqual([code, answer["reason"]], [0, "success"]);
  hanging.forEach((connection) => connection.close());
});

test(`${PARALLEL} requests at once are all answered`, async (sessions, session) => {
  const paths = ["/status", "/inbox", "/screen", "/messages/none", "/explain"];
  const answers = await within(
    60_000,
    Promise.all(Array.from({ length: PARALLEL }, async (_, index) => {
      const response = await sessions.call(session, paths[index % paths.length] ?? "/");
      const { ok: isFine } = await response.json();
      return `${response.status} ${isFine}`;
    })),
    "all answers",
  );
  deepEqual(new Set(answers), new Set(["200 true", "404 false"]));
});

function descriptorsOf(pid: number): number {
  return Deno.build.os === "linux" ? [...Deno.readDirSync(`/proc/${pid}/fd`)].length : 0;
}
