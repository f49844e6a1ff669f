/**
 * The session's HTTP API: what each operation of the table in api_operations.ts does with the host. Bearer token and
 * Host header are checked here and nowhere else.
 */

import { HarnexError, messageOf } from "../../model/errors.ts";
import type { SessionEvent } from "../../model/events.ts";
import type { MessageRow, UndeliveredMessage } from "../../model/message.ts";
import type { StatusPayload } from "../../model/session.ts";
import { assertNever } from "../../model/never.ts";
import type { MessageMode } from "../../model/message.ts";
import type { WatchReport } from "../../model/signal.ts";
import { firstCharacters } from "../../text/visible.ts";
import type { EventLog } from "../../store/event_log.ts";
import type { JsonObject } from "../../text/json.ts";
import type { Socket, Upgrade } from "../../platform/platform.ts";
import type { AgentAnswer, AgentTerminal } from "../../transports/agent_process.ts";
import type { TerminalSize } from "../../transports/terminal/screen.ts";
import { isBearerOf, isOwnHost } from "./access.ts";
import { type OperationName, operationsAt } from "./operations.ts";
import type { Explanation } from "../turn/explain.ts";
import { decodeSegment, json, readBody, readObject, text } from "./http.ts";
import type { Inbox, SendRequest } from "../inbox/inbox.ts";
import { parseSize } from "./size.ts";
import type { StopSignal } from "../stop/ladder.ts";

/** A sender's own name for a message. */
const KEY_LIMIT = 200;
/** A hook call carries the agent's last message or a tool's input, a whole file among them. */
const HOOK_BODY_LIMIT = 16 << 20;
/** Who asked, as events name it. */
const BY_LIMIT = 80;

/** What the routes may ask of the host. */
export interface SessionApi {
  token: string;
  /** the address that was bound */
  hostname: string;
  inbox: Inbox;
  /** what the host before, which died, left */
  undelivered: readonly UndeliveredMessage[];
  events: EventLog;
  terminal: AgentTerminal | undefined;
  /** Serves one who looks on from another terminal, until they leave or the session ends. */
  attach(socket: Socket, viewer: Viewer): Promise<void>;
  status(): StatusPayload;
  explain(): Promise<Explanation>;
  /** opens `POST /signals` and nothing else; the agent's own environment holds it */
  hookToken: string;
  /** Takes what the agent's own hook posted; gives what to answer it. */
  report(body: JsonObject): Promise<JsonObject>;
  stop(options: { by: string; killAfterMs?: number }): Promise<StopSignal>;
  /** Answers the open question; throws `conflict` when there is none, or it offers no such answer. */
  answer(reply: AgentAnswer, by: string): Promise<{ on: string; choice: string }>;
  /** Takes note of what a babysitter saw or did. */
  noteWatch(report: WatchReport): void;
  /** Ends when the session's API closes. */
  closing: AbortSignal;
}

export interface Viewer {
  mode: "read" | "write";
  size: TerminalSize | undefined;
}

interface Call {
  host: SessionApi;
  request: Request;
  url: URL;
  upgrade: Upgrade;
  /** the path's `{id}` */
  parameter: string;
}

const ANSWERS: Readonly<Record<OperationName, (call: Call) => Promise<Response> | Response>> = {
  getStatus: ({ host }) => json(host.status()),
  getHealth: ({ host }) => json(host.status()),
  send,
  getMessage: message,
  listInbox: ({ host }) => json({ ok: true, messages: host.inbox.pending() }),
  clearInbox: ({ host }) => json({ ok: true, cleared: host.inbox.dropAll() }),
  dropMessage: ({ host, parameter }) => json({ ok: true, message: host.inbox.drop(parameter) }),
  stop,
  answer: answerQuestion,
  watch,
  followEvents: events,
  getScreen: screen,
  attach,
  explain: async ({ host }) => json({ ok: true, ...await host.explain() }),
  signal: async ({ host, request }) => json(await host.report(await readObject(request, HOOK_BODY_LIMIT))),
  getOpenapi: async ({ url }) => json((await import("./openapi.ts")).openapiDocument(url.origin)),
};

/** Answers one request. Never throws. */
export async function answerRequest(request: Request, host: SessionApi, upgrade: Upgrade): Promise<Response> {
  try {
    const url = new URL(request.url);
    const matches = operationsAt(url.pathname);
    if (!isOwnHost(request.headers.get("host"), host.hostname)) {
      throw new HarnexError("forbidden", "foreign Host header");
    }
    if (matches.length === 0) throw new HarnexError("not_found", `no such path: ${url.pathname}`);
    const token = matches[0]?.operation.token === "hook" ? host.hookToken : host.token;
    if (!isBearerOf(request.headers.get("authorization"), token)) {
      throw new HarnexError("unauthorized", "unauthorized");
    }
    const match = matches.find(({ operation }) => operation.method === request.method);
    if (match === undefined) throw new HarnexError("not_found", `${request.method} is not offered at ${url.pathname}`);
    return await ANSWERS[match.name]({ host, request, url, upgrade, parameter: decodeSegment(match.parameter) });
  } catch (error) {
    return json({ ok: false, error: messageOf(error) }, error instanceof HarnexError ? error.httpStatus : 500);
  }
}

async function send({ host, request }: Call): Promise<Response> {
  const { newline, ...message } = await readSend(request);
  const repeated = message.key !== undefined && host.inbox.findByKey(message.key) !== undefined
    ? { repeated: true }
    : {};
  const result = await host.inbox.send(message);
  switch (result.kind) {
    case "queued":
      return json({ ok: true, status: "queued", message_id: result.messageId, ...repeated }, 202);
    case "failed":
      return json(
        { ok: false, status: result.status, message_id: result.messageId, error: result.error, ...repeated },
        409,
      );
    case "delivered": {
      const { cli, injected_count, input_state } = host.status();
      return json({
        ok: true,
        status: "delivered",
        message_id: result.messageId,
        cli,
        bytes_written: result.bytesWritten,
        injected_count,
        newline,
        input_state,
        force: message.force,
        ...repeated,
      });
    }
    default:
      return assertNever(result);
  }
}

/** A body with one of the three flags is a message; any other, and plain text, is the legacy form: typed verbatim. */
async function readSend(request: Request): Promise<SendRequest & { newline: boolean }> {
  const type = request.headers.get("content-type") ?? "";
  if (!type.includes("json")) return rawSend(await readBody(request), "\n");
  const body = await readObject(request);
  const text = typeof body["text"] === "string" ? body["text"] : "";
  const isMessage = ["submit", "enter_only", "force"].some((flag) => flag in body);
  if (!isMessage) return rawSend(text, body["newline"] === false ? "" : "\n");
  const mode: MessageMode = body["enter_only"] === true ? "enter" : body["submit"] === false ? "type" : "submit";
  if (text === "" && mode !== "enter") throw new HarnexError("invalid", "text is required");
  const { key } = body;
  if (key !== undefined && (typeof key !== "string" || key === "" || key.length > KEY_LIMIT)) {
    throw new HarnexError("invalid", `key is a text of 1 to ${KEY_LIMIT} characters`);
  }
  return {
    text: mode === "enter" ? "" : text,
    mode,
    force: body["force"] === true,
    newline: mode !== "type",
    ...(key === undefined ? {} : { key }),
  };
}

function rawSend(text: string, end: "" | "\n"): SendRequest & { newline: boolean } {
  if (text === "") throw new HarnexError("invalid", "text is required");
  return { text: text + end, mode: "raw", force: true, newline: end !== "" };
}

function message({ host, parameter }: Call): Response {
  const row = host.inbox.find(parameter);
  if (row !== undefined) return json(row);
  // Whoever sent it to the session before, whose host died, asks here.
  const lost = host.undelivered.find(({ message_id }) => message_id === parameter);
  if (lost === undefined) throw new HarnexError("not_found", `no message ${parameter}`);
  const { step, queued_at, text_preview, error } = lost;
  const facts = { id: parameter, step, queued_at, text_preview, error };
  return json({ ...facts, status: "failed", delivered_at: null, steps: [] } satisfies MessageRow);
}

async function stop({ host, request }: Call): Promise<Response> {
  const body = await readObject(request);
  const killAfter = body["kill_after_s"];
  const signal = await host.stop({
    by: typeof body["by"] === "string" ? firstCharacters(body["by"], BY_LIMIT) : "api",
    ...(typeof killAfter === "number" && killAfter > 0 ? { killAfterMs: killAfter * 1000 } : {}),
  });
  return json({ ok: true, signal });
}

async function answerQuestion({ host, request }: Call): Promise<Response> {
  const body = await readObject(request);
  const { choice, decision, message: said } = body;
  if (typeof choice !== "string" && decision !== "approve" && decision !== "deny") {
    throw new HarnexError("invalid", 'an answer needs "choice", or "decision" as approve or deny');
  }
  const reply: AgentAnswer = {
    ...(typeof choice === "string" ? { choice } : {}),
    ...(decision === "approve" || decision === "deny" ? { decision } : {}),
    ...(typeof said === "string" ? { message: said } : {}),
  };
  const by = typeof body["by"] === "string" ? firstCharacters(body["by"], BY_LIMIT) : "api";
  const outcome = await host.answer(reply, by);
  return json({ ok: true, on: outcome.on, choice: outcome.choice });
}

/** What a babysitter (`run --watch`, `watch`) saw or did becomes an event. */
async function watch({ host, request }: Call): Promise<Response> {
  const report = watchReport(await readObject(request));
  if (report === undefined) {
    throw new HarnexError("invalid", "a report is log_idle with idle_s, resume with attempt and max, or log_active");
  }
  host.noteWatch(report);
  return json({ ok: true });
}

function watchReport({ type, idle_s, attempt, max }: JsonObject): WatchReport | undefined {
  if (type === "log_active") return { type };
  if (type === "log_idle" && typeof idle_s === "number") return { type, idle_s };
  if (type === "resume" && typeof attempt === "number" && typeof max === "number") return { type, attempt, max };
  return undefined;
}

/** A WebSocket: binary frames both ways, the size of the terminal as a JSON text frame. */
function attach({ host, request, url, upgrade }: Call): Response {
  if (host.terminal === undefined) throw new HarnexError("not_found", "this agent has no terminal; see its transcript");
  if (request.headers.get("upgrade")?.toLowerCase() !== "websocket") {
    throw new HarnexError("invalid", "GET /attach is a WebSocket");
  }
  const number = (name: string) => Number(url.searchParams.get(name) ?? NaN);
  const { socket, response } = upgrade();
  void host.attach(socket, {
    mode: url.searchParams.get("mode") === "read" ? "read" : "write",
    size: parseSize({ rows: number("rows"), columns: number("columns") }),
  });
  return response;
}

async function screen({ host, url }: Call): Promise<Response> {
  if (host.terminal === undefined) throw new HarnexError("not_found", "this agent has no terminal; see its transcript");
  const format = url.searchParams.get("format") ?? "json";
  if (format === "ansi") return text((await host.terminal.screenAnsi()).join("\n"));
  const { text: rows, cursor, title, rows: height, columns } = await host.terminal.screen();
  if (format === "text") return text(rows.join("\n"));
  if (format !== "json") throw new HarnexError("invalid", "format is text, ansi or json");
  return json({ ok: true, rows: height, columns, cursor, title, lines: rows });
}

/** Server-sent events: what is on disk from `from` on, then live, until the session ends. */
function events({ host, url }: Call): Response {
  const from = Number(url.searchParams.get("from") ?? 1);
  if (!Number.isSafeInteger(from) || from < 0) {
    throw new HarnexError("invalid", "from is an event's seq, a whole number");
  }
  const encoder = new TextEncoder();
  let subscription: Disposable | undefined;
  let open = true;
  const body = new ReadableStream<Uint8Array>({
    async start(stream) {
      const missed: SessionEvent[] = [];
      let live = false;
      const write = (event: { seq: number }) => {
        if (open) stream.enqueue(encoder.encode(`id: ${event.seq}\ndata: ${JSON.stringify(event)}\n\n`));
      };
      const end = () => {
        subscription?.[Symbol.dispose]();
        if (open) stream.close();
        open = false;
      };
      subscription = host.events.subscribe((event) => live ? write(event) : void missed.push(event));
      stream.enqueue(encoder.encode(": connected\n\n"));
      const replayed = await host.events.replay(from);
      for (const event of replayed) write(event);
      const last = replayed.at(-1)?.seq ?? from - 1;
      for (const event of missed) if (event.seq > last) write(event);
      live = true;
      if (host.closing.aborted) end();
      else host.closing.addEventListener("abort", end, { once: true });
    },
    cancel() {
      open = false;
      subscription?.[Symbol.dispose]();
    },
  });
  return new Response(body, { headers: { "content-type": "text/event-stream", "cache-control": "no-store" } });
}
