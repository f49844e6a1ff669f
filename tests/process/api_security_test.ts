/**
 * Who may call a session: what web pages, guessers and strangers on the network are told, and what they cannot stop.
 */

import { networkInterfaces } from "node:os";
import { deepEqual, equal, match, ok } from "../support/assert.ts";
import { createSessions, type LiveRecord, type Sessions } from "../support/sessions.ts";
import { within } from "../support/within.ts";

function test(name: string, fn: (sessions: Sessions, session: LiveRecord) => Promise<void>): void {
  Deno.test(name, async () => {
    await using sessions = createSessions();
    await fn(sessions, await sessions.startReady("s", ["repl"]));
  });
}

interface Heard {
  status: number;
  headers: string;
}

/** Sends these lines as they are to the session's port; gives the head of the answer. */
async function speak(to: { port: number; hostname?: string }, lines: readonly string[], body = ""): Promise<Heard> {
  using connection = await Deno.connect({ hostname: to.hostname ?? "127.0.0.1", port: to.port });
  await connection.write(new TextEncoder().encode(`${lines.join("\r\n")}\r\n\r\n${body}`));
  const buffer = new Uint8Array(8192);
  const size = await within(10_000, connection.read(buffer), "an answer");
  const [headers = ""] = new TextDecoder().decode(buffer.subarray(0, size ?? 0)).split("\r\n\r\n");
  return { status: Number(/^HTTP\/1\.[01] (\d+)/.exec(headers)?.[1]), headers: headers.toLowerCase() };
}

/** What happened to the agent: nothing that a stranger wanted. */
function happenings(sessions: Sessions): unknown[] {
  const touching = ["send", "queued", "stop_requested", "answered", "log_idle"];
  return sessions.events("s").filter(({ type }) => touching.includes(String(type)));
}

test("a web page of another site gets nothing done and nothing to read", async (sessions, session) => {
  const { port } = session;
  const page = [`Host: 127.0.0.1:${port}`, "Origin: https://evil.example", "Sec-Fetch-Site: cross-site"];
  const text = "text=rm&submit=true";
  // What a form, or a fetch that asks nobody first, can send: no Authorization header is among it.
  const types = ["application/x-www-form-urlencoded", "text/plain", "multipart/form-data; boundary=x", ""];
  for (const type of types) {
    for (const path of ["/send", "/stop", "/answer", "/signals", "/watch"]) {
      const head = [
        `POST ${path} HTTP/1.1`,
        ...page,
        `Content-Length: ${text.length}`,
        ...(type && [`Content-Type: ${type}`]),
      ];
      const { status, headers } = await speak(session, head, text);
      deepEqual([status, headers.includes("access-control-")], [401, false], `${path} as ${type}`);
    }
  }
  // The question that a browser asks before anything else gets no leave.
  for (const path of ["/send", "/status", "/events"]) {
    const asks = ["Access-Control-Request-Method: POST", "Access-Control-Request-Headers: authorization"];
    const { status, headers } = await speak(session, [`OPTIONS ${path} HTTP/1.1`, ...page, ...asks]);
    deepEqual([status, headers.includes("access-control-")], [401, false], path);
  }
  // A WebSocket may be opened from anywhere, but not with a token; in the address there is no place for one.
  for (const query of ["", `?token=${session.token}`, `?authorization=Bearer%20${session.token}`]) {
    const upgrade = [
      "Upgrade: websocket",
      "Connection: Upgrade",
      "Sec-WebSocket-Version: 13",
      "Sec-WebSocket-Key: eA==",
    ];
    equal((await speak(session, [`GET /attach${query} HTTP/1.1`, ...page, ...upgrade])).status, 401, query);
  }
  // Its own name for this machine (DNS rebinding), even with a stolen token.
  const rebound = [
    `Host: evil.example:${port}`,
    "Origin: http://evil.example",
    `Authorization: Bearer ${session.token}`,
  ];
  for (const path of ["/status", "/screen", "/events", "/attach", "/nothing"]) {
    equal((await speak(session, [`GET ${path} HTTP/1.1`, ...rebound])).status, 403, path);
  }
  equal((await speak(session, [`POST /send HTTP/1.1`, ...rebound, "Content-Length: 2"], "rm")).status, 403);
  deepEqual(happenings(sessions), []);
});

test("401 comes before anything else is looked at", async (sessions, session) => {
  const host = `Host: 127.0.0.1:${session.port}`;
  const cases: [head: string[], body: string][] = [
    [["POST /send HTTP/1.1", host, "Content-Length: 999999999"], "{"],
    [["POST /send HTTP/1.1", host, "Content-Type: application/json", "Content-Length: 1"], "{"],
    [["DELETE /send HTTP/1.1", host], ""],
    [["GET /messages/%00%2e%2e HTTP/1.1", host], ""],
    [["GET /events?from=-1 HTTP/1.1", host], ""],
    [["GET /screen?format=nonsense HTTP/1.1", host], ""],
    [["GET /attach HTTP/1.1", host], ""],
  ];
  const wrong = [
    "",
    "Bearer",
    "Bearer ",
    `Bearer ${"0".repeat(32)}`,
    `bearer ${session.token}`,
    `Basic ${session.token}`,
    `Bearer ${session.token}0`,
    `Bearer ${session.token.slice(1)}`,
    `Bearer ${session.token}, Bearer x`,
  ];
  for (const [head, body] of cases) {
    for (const value of wrong) {
      const { status } = await speak(session, [...head, ...(value === "" ? [] : [`Authorization: ${value}`])], body);
      equal(status, 401, `${head[0]} ${value}`);
    }
  }
  deepEqual(happenings(sessions), []);
});

test("a flood of wrong tokens does not keep the right one out", async (sessions, session) => {
  let answered = 0;
  let over = false;
  const guesser = async () => {
    while (!over) {
      const token = crypto.randomUUID().replaceAll("-", "");
      const response = await sessions.call(session, "/status", { token });
      await response.body?.cancel();
      equal(response.status, 401);
      answered++;
    }
  };
  const guessers = Array.from({ length: 16 }, guesser);
  for (let round = 0; round < 5; round++) {
    const sent = await sessions.ask(["send", "--id", "s", "--wait-for-idle", `hello ${round}`]);
    equal(sent.code, 0, JSON.stringify(sent));
  }
  over = true;
  await Promise.all(guessers);
  ok(answered > 16, `${answered} guesses were answered`);
  equal((await sessions.ask(["stop", "--id", "s", "--wait"])).code, 0);
});

Deno.test("run warns of an address that other machines may reach, and of no other", async () => {
  await using sessions = createSessions();
  const warning = /^harnex run: warning: other machines may reach the session's API at 0\.0\.0\.0, .*\n$/;
  const open = await sessions.run(["run", "repl", "--detach", "--timeout", "30", "--id", "o", "--host", "0.0.0.0"]);
  equal(open.code, 0, open.stderr);
  match(open.stderr, warning);
  match(Deno.readTextFileSync(String(JSON.parse(open.stdout).log)), /harnex: warning: other machines may reach/);
  const byVariable = await sessions.run(["run", "--id", "v", "true"], { env: { HARNEX_HOST: "0.0.0.0" } });
  match(byVariable.stderr, /harnex: warning: other machines may reach/);
  for (const host of ["127.0.0.1", "127.0.0.9", "localhost"]) {
    const { stderr } = await sessions.run(["run", "--id", "h", "--host", host, "true"]);
    equal(stderr.includes("warning"), false, stderr);
  }
  // From outside it is called by address, which no web page can make a name for.
  const session = sessions.record("o");
  const outside = Object.values(networkInterfaces()).flat().find((one) => one?.family === "IPv4" && !one.internal);
  const hostname = outside?.address ?? "127.0.0.1";
  const ask = (name: string) =>
    speak({ port: session.port, hostname }, [
      "GET /status HTTP/1.1",
      `Host: ${name}`,
      `Authorization: Bearer ${session.token}`,
    ]);
  deepEqual([(await ask(`${hostname}:${session.port}`)).status, (await ask("evil.example")).status], [200, 403]);
  equal((await sessions.ask(["stop", "--id", "o", "--wait"])).code, 0);
});
