/**
 * The session's HTTP API: finds the operation of a request, checks who asks, and lets the operation's route answer.
 * Host header and bearer token are checked here and nowhere else.
 */

import { HarnexError, httpStatusOf, messageOf } from "../../model/errors.ts";
import type { MessageRow } from "../../model/message.ts";
import type { WatchReport } from "../../model/signal.ts";
import type { Upgrade } from "../../platform/platform.ts";
import { firstCharacters } from "../../text/visible.ts";
import { isBearerOf, isOwnHost } from "./access.ts";
import { followEvents } from "./event_stream.ts";
import { decodeSegment, json, text } from "./http.ts";
import { type OperationName, OPERATIONS } from "./operations.ts";
import { type Operation, type Route, route } from "./route.ts";
import { send } from "./send.ts";
import type { ScreenSource, SessionApi } from "./session_api.ts";
import { sizeOf } from "./viewer.ts";

/** A caller's name in an event is for a person to read. */
const BY_LIMIT = 80;

/** An operation of the table without its route here does not compile. */
export const ROUTES: Readonly<Record<OperationName, Route>> = {
  getStatus: route(OPERATIONS.getStatus, (host, { reply }) => reply(200, host.status())),
  getHealth: route(OPERATIONS.getHealth, (host, { reply }) => reply(200, host.status())),
  send,
  getMessage: route(OPERATIONS.getMessage, (host, { id, reply }) => reply(200, findMessage(host, id))),
  listInbox: route(OPERATIONS.listInbox, ({ inbox }, { reply }) => reply(200, { ok: true, messages: inbox.pending() })),
  clearInbox: route(
    OPERATIONS.clearInbox,
    ({ inbox }, { reply }) => reply(200, { ok: true, cleared: inbox.dropAll() }),
  ),
  dropMessage: route(OPERATIONS.dropMessage, ({ inbox }, { id, reply }) => {
    return reply(200, { ok: true, message: inbox.drop(id) });
  }),
  stop: route(OPERATIONS.stop, async (host, { body, reply }) => {
    const { by, kill_after_s: killAfterS = 0 } = await body();
    const grace = killAfterS > 0 ? { killAfterMs: killAfterS * 1000 } : {};
    return reply(200, { ok: true, signal: await host.stop({ by: callerName(by), ...grace }) });
  }),
  answer: route(OPERATIONS.answer, async (host, { body, reply }) => {
    const { by, ...given } = await body();
    if (given.choice === undefined && given.decision === undefined) {
      throw new HarnexError("invalid", 'an answer needs "choice", or "decision" as approve or deny');
    }
    const { on, choice } = await host.answer(given, callerName(by));
    return reply(200, { ok: true, on, choice });
  }),
  watch: route(OPERATIONS.watch, async (host, { body, reply }) => {
    host.noteWatch(watchReport(await body()));
    return reply(200, { ok: true });
  }),
  followEvents,
  getScreen: route(OPERATIONS.getScreen, async (host, { query, reply }) => {
    const terminal = terminalOf(host);
    const { format = "json" } = query();
    if (format === "ansi") return text((await terminal.screenAnsi()).join("\n"));
    const { text: lines, cursor, title, rows, columns } = await terminal.screen();
    if (format === "text") return text(lines.join("\n"));
    return reply(200, { ok: true, rows, columns, cursor, title, lines });
  }),
  attach: route(OPERATIONS.attach, (host, { request, query, upgrade }) => {
    terminalOf(host);
    if (request.headers.get("upgrade")?.toLowerCase() !== "websocket") {
      throw new HarnexError("invalid", "GET /attach is a WebSocket");
    }
    const { mode = "write", ...size } = query();
    const { socket, response } = upgrade();
    void host.attach(socket, { mode, size: sizeOf(size) });
    return response;
  }),
  explain: route(OPERATIONS.explain, async (host, { reply }) => reply(200, { ok: true, ...await host.explain() })),
  signal: route(OPERATIONS.signal, async (host, { body, reply }) => reply(200, await host.report(await body()))),
  getOpenapi: route(OPERATIONS.getOpenapi, async (_host, { url, reply }) => {
    const { openapiDocument } = await import("./openapi.ts");
    return reply(200, await openapiDocument(url.origin));
  }),
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
    return await ROUTES[match.name](host, { request, url, upgrade, id: decodeSegment(match.segment) });
  } catch (error) {
    const status = error instanceof HarnexError ? error.httpStatus : httpStatusOf("failed");
    return json({ ok: false, error: messageOf(error) }, status);
  }
}

interface Match {
  name: OperationName;
  operation: Operation;
  /** the path's `{id}` with its escapes, "" where the path has none */
  segment: string;
}

/** The operations at a path, whatever their method. */
export function operationsAt(path: string): Match[] {
  const found: Match[] = [];
  let name: OperationName;
  for (name in OPERATIONS) {
    const operation: Operation = OPERATIONS[name];
    const segment = segmentOf(operation.path, path);
    if (segment !== undefined) found.push({ name, operation, segment });
  }
  return found;
}

/** What stands for `{id}` in the path, "" where the pattern has none; undefined when the path does not match. */
function segmentOf(pattern: string, path: string): string | undefined {
  const [prefix = "", suffix] = pattern.split("{id}");
  if (suffix === undefined) return pattern === path ? "" : undefined;
  if (!path.startsWith(prefix)) return undefined;
  const segment = path.slice(prefix.length);
  return segment === "" || segment.includes("/") ? undefined : segment;
}

function terminalOf({ terminal }: SessionApi): ScreenSource {
  if (terminal === undefined) throw new HarnexError("not_found", "this agent has no terminal; see its transcript");
  return terminal;
}

function callerName(by = "api"): string {
  return firstCharacters(by, BY_LIMIT);
}

function findMessage(host: SessionApi, id: string): MessageRow {
  const row = host.inbox.find(id);
  if (row !== undefined) return row;
  // The sender of a message to an earlier host, which died, asks here.
  const lost = host.undelivered.find(({ message_id }) => message_id === id);
  if (lost === undefined) throw new HarnexError("not_found", `no message ${id}`);
  const { step, queued_at, text_preview, error } = lost;
  return { id, step, queued_at, text_preview, error, status: "failed", delivered_at: null, steps: [] };
}

function watchReport(
  { type, idle_s, attempt, max }: { type: WatchReport["type"]; idle_s?: number; attempt?: number; max?: number },
): WatchReport {
  if (type === "log_active") return { type };
  if (type === "log_idle" && idle_s !== undefined) return { type, idle_s };
  if (type === "resume" && attempt !== undefined && max !== undefined) return { type, attempt, max };
  throw new HarnexError("invalid", "a report is log_idle with idle_s, resume with attempt and max, or log_active");
}
