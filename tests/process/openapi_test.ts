/**
 * GET /openapi.json is true: the real program gives every answer that the document names, in the form that the
 * document and the schema of the operation describe.
 */

import { join } from "node:path";
import * as v from "valibot";
import { OPERATIONS } from "../../src/host/api/operations.ts";
import type { Operation } from "../../src/host/api/route.ts";
import { Failure } from "../../src/host/api/schemas.ts";
import { deepEqual, equal, ok } from "../support/assert.ts";
import { at, entriesOf, textOf } from "../support/json.ts";
import { validate } from "../support/json_schema.ts";
import { createSessions, type LiveRecord, type Sessions } from "../support/sessions.ts";
import { ROOT } from "../support/tree.ts";
import { within } from "../support/within.ts";

const ANSWER_MS = 30_000;
const MIB = 1 << 20;
const OPERATION_AT: ReadonlyMap<string, Operation> = new Map(
  Object.values<Operation>(OPERATIONS).map((operation) => [`${operation.method} ${operation.path}`, operation]),
);

interface Probe {
  /** as the document has it */
  route: string;
  status: number;
  session: LiveRecord;
  /** the route's own path unless said */
  path?: string;
  body?: string;
  headers?: Readonly<Record<string, string>>;
  token?: string | null;
}

/** Claude Code's recorded question about the folder, until a key comes; and a Codex that never answers. */
const TRUST = join(ROOT, "tests/golden/claude/trust/120x40.ansi");
const STAND_INS = {
  claude: '#!/bin/sh\n[ "$1" = --version ] && echo "2.1.197 (Claude Code)" && exit\n' +
    `printf %s "$HARNEX_HOOK_TOKEN" > "$0.token"; cat '${TRUST}'; printf '\\033[?25l\\033[14;2H'; stty raw -echo; head -c 1 >/dev/null; printf '\\033[2J\\033[H'; exec sleep 1000\n`,
  codex: '#!/bin/sh\n[ "$1" = --version ] && echo "codex-cli 0.169.0" && exit\nexec sleep 1000\n',
};

/** The answers that a document names, as `GET /status 200`. */
function named(document: unknown): string[] {
  return entriesOf(at(document, "paths")).flatMap(([path, methods]) =>
    entriesOf(methods).flatMap(([method, operation]) =>
      entriesOf(at(operation, "responses")).map(([status]) => `${method.toUpperCase()} ${path} ${status}`)
    )
  );
}

async function ask(sessions: Sessions, probe: Probe): Promise<{ status: number; type: string; text: string }> {
  const [method = "", template = ""] = probe.route.split(" ");
  const { path = template, body, headers = {}, token, session } = probe;
  const response = await sessions.call(session, path, {
    method,
    ...(token === undefined ? {} : { token }),
    headers: { ...(body === undefined ? {} : { "content-type": "application/json" }), ...headers },
    ...(body === undefined ? {} : { body }),
  });
  const type = (response.headers.get("content-type") ?? "").split(";")[0] ?? "";
  if (type !== "text/event-stream") return { status: response.status, type, text: await response.text() };
  await response.body?.cancel();
  return { status: response.status, type, text: "" };
}

/** `fetch` does neither send a Host header of ours nor open a WebSocket with a token. */
async function speak(session: LiveRecord, route: string, headers: readonly string[]): Promise<number> {
  using connection = await Deno.connect({ hostname: "127.0.0.1", port: session.port });
  const lines = [`${route} HTTP/1.1`, `Authorization: Bearer ${session.token}`, ...headers, "", ""];
  await connection.write(new TextEncoder().encode(lines.join("\r\n")));
  const buffer = new Uint8Array(4096);
  const size = await within(ANSWER_MS, connection.read(buffer), `an answer to ${route}`);
  return Number(/^HTTP\/1\.[01] (\d+)/.exec(new TextDecoder().decode(buffer.subarray(0, size ?? 0)))?.[1]);
}

/** In this order: each finds what it needs, and the session ends with the last. */
function probesOf(
  at: Readonly<Record<"plain" | "claude" | "codex", LiveRecord>> & { messageId: string; hook: string },
): Probe[] {
  const { plain: session, claude, codex, messageId, hook } = at;
  const get = (path: string, status: number, more: Partial<Probe> = {}): Probe => ({
    route: `GET ${path}`,
    status,
    session,
    ...more,
  });
  const post = (path: string, status: number, body: unknown): Probe => ({
    route: `POST ${path}`,
    status,
    session,
    body: typeof body === "string" ? body : JSON.stringify(body),
  });
  const huge = JSON.stringify({ text: "x".repeat(MIB), submit: true });
  const message = (text: string) => ({ text, submit: true });
  return [
    get("/status", 200),
    get("/health", 200),
    get("/openapi.json", 200),
    get("/explain", 200),
    get("/events", 200),
    get("/events", 400, { path: "/events?from=x" }),
    get("/screen", 200),
    get("/screen", 200, { path: "/screen?format=text" }),
    get("/screen", 400, { path: "/screen?format=png" }),
    get("/screen", 404, { session: codex }),
    get("/attach", 400),
    get("/attach", 404, { session: codex }),
    get("/messages/{id}", 200, { path: `/messages/${messageId}` }),
    get("/messages/{id}", 404, { path: "/messages/none" }),
    get("/messages/{id}", 400, { path: "/messages/%" }),
    { route: "DELETE /inbox/{id}", status: 400, session, path: "/inbox/%f" },
    post("/watch", 200, { type: "log_active" }),
    ...["/send", "/stop", "/answer", "/watch"].flatMap((path) => [post(path, 400, "[]"), post(path, 413, huge)]),
    post("/answer", 409, { decision: "approve" }),
    { ...post("/answer", 200, { choice: "Yes, I trust this folder" }), session: claude },
    { ...post("/send", 409, { text: "no Enter", submit: false, force: true }), session: codex },
    { ...post("/signals", 200, { hook_event_name: "Nothing" }), session: claude, token: hook },
    { ...post("/signals", 400, "[]"), session: claude, token: hook },
    { ...post("/signals", 413, "x".repeat(16 * MIB + 1)), session: claude, token: hook },
    post("/send", 200, message("work 100")),
    post("/send", 202, message("waits")),
    get("/inbox", 200),
    { route: "DELETE /inbox", status: 200, session },
    ...Array.from({ length: 64 }, (_, index) => post("/send", 202, message(`message ${index}`))),
    post("/send", 503, message("one too many")),
    { route: "DELETE /inbox/{id}", status: 200, session, path: "/inbox/LAST" },
    { route: "DELETE /inbox/{id}", status: 404, session, path: "/inbox/none" },
    post("/stop", 200, { by: "test", kill_after_s: 1 }),
  ];
}

Deno.test("GET /openapi.json names what the program answers, and in which form", async () => {
  await using sessions = createSessions();
  const bin = join(sessions.sandbox.path, "bin");
  Deno.mkdirSync(bin);
  for (const [name, script] of Object.entries(STAND_INS)) {
    Deno.writeTextFileSync(join(bin, name), script, { mode: 0o755 });
  }
  const env = { PATH: `${bin}:${sessions.env["PATH"]}`, IS_SANDBOX: "1" };
  const [plain, other, claude, codex] = await Promise.all([
    sessions.startReady("plain", ["repl"]),
    sessions.startReady("other", ["repl"]),
    sessions.start("claude", ["claude"], { env }),
    sessions.start("codex", ["codex"], { env }),
  ]);
  equal((await sessions.run(["wait", "--id", "claude", "--until", "blocked", "--timeout", "20"])).code, 0);
  const sent = await sessions.ask(["send", "--id", "plain", "--wait-for-idle", "hello"]);
  const document = await (await sessions.call(plain, "/openapi.json")).json();
  equal(textOf(at(document.servers, "0", "url")), `http://127.0.0.1:${plain.port}`);

  const seen = new Set<string>();
  const probes = probesOf({
    plain,
    claude,
    codex,
    messageId: textOf(sent.answer["message_id"]),
    hook: Deno.readTextFileSync(join(bin, "claude.token")),
  });
  let lastMessage = "";
  for (const probe of probes) {
    const { path } = probe;
    const answer = await ask(sessions, {
      ...probe,
      ...(path === undefined ? {} : { path: path.replace("LAST", lastMessage) }),
    });
    equal(answer.status, probe.status, `${probe.route}: ${answer.text}`);
    seen.add(`${probe.route} ${answer.status}`);
    checkForm(document, probe, answer);
    if (answer.status === 202) lastMessage = textOf(at(JSON.parse(answer.text), "message_id"));
  }

  // Every route asks for its token, and refuses a foreign Host, before anything else.
  for (const route of new Set(named(document).map((name) => name.replace(/ \d+$/, "")))) {
    const path = route.replace("{id}", "x").split(" ")[1] ?? "";
    const refused = await ask(sessions, { route, status: 401, session: other, path, token: null });
    checkForm(document, { route, status: 401, session: other }, refused);
    seen.add(`${route} ${refused.status}`);
    seen.add(`${route} ${await speak(other, route.replace("{id}", "x"), ["Host: evil.example", "Content-Length: 0"])}`);
  }
  const upgrade = ["Connection: Upgrade", "Upgrade: websocket", "Sec-WebSocket-Version: 13"];
  const key = "Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==";
  seen.add(`GET /attach ${await speak(other, "GET /attach?mode=read", [`Host: 127.0.0.1`, ...upgrade, key])}`);

  deepEqual([...seen].sort(), named(document).sort());
});

function checkForm(document: unknown, probe: Probe, answer: { type: string; text: string }): void {
  const [method = "", path = ""] = probe.route.split(" ");
  const response = at(document, "paths", path, method.toLowerCase(), "responses", String(probe.status));
  const content = at(response, "content", answer.type);
  ok(content !== undefined, `${probe.route} ${probe.status} is of type ${answer.type}`);
  if (answer.type !== "application/json") return;
  const root = { ...Object.fromEntries(entriesOf(document)), ...Object.fromEntries(entriesOf(at(content, "schema"))) };
  deepEqual(validate(root, JSON.parse(answer.text)), [], `${probe.route} ${probe.status}: ${answer.text}`);
  const schema = OPERATION_AT.get(probe.route)?.answers[probe.status]?.schema ?? Failure;
  deepEqual(v.safeParse(schema, JSON.parse(answer.text)).issues, undefined, `${probe.route} ${probe.status}`);
}
