/**
 * Calls one session's API from outside: plain requests and the live event stream. Knows no command line.
 */

import { HarnexError, httpStatusOf, messageOf } from "../model/errors.ts";
import { parseEvent, type ReadEvent } from "../model/events.ts";
import type { RegistryRecord } from "../model/session.ts";
import { untilFound } from "../platform/waiting.ts";
import { readServerSentEvents } from "../wire/sse.ts";
import { localOrigin } from "../text/host_name.ts";
import { type JsonObject, parseObject } from "../text/json.ts";
import type { Clock } from "../platform/platform.ts";

/** Where a session is called, and the token that permits it. */
export interface Address {
  host: string;
  port: number;
  token: string;
}

export interface Answer {
  status: number;
  body: JsonObject;
}

export interface SessionClient {
  /**
   * Rejects with `unavailable` when nothing answers, `unauthorized` when another session does, `timeout` when `signal`
   * is aborted first.
   */
  call(method: string, path: string, options: { body?: unknown; signal?: AbortSignal }): Promise<Answer>;
  /** Rejects with `not_found` when the session has no such resource. */
  text(path: string, signal: AbortSignal): Promise<string>;
  /**
   * The session's events from `from` on. No event is missed once this has resolved. The iteration ends when the
   * session's API closes, for whatever reason.
   */
  events(from: number, signal: AbortSignal): Promise<AsyncGenerator<ReadEvent>>;
}

/** Between two attempts to reach a host that lives and does not answer. */
const RETRY_MS = 100;

/**
 * Whether nothing answers at a session's address, or another session does: an ended session frees its address, and the
 * next one of the same id takes it.
 */
export function isGone(error: unknown): error is HarnexError & { code: "unavailable" | "unauthorized" } {
  return error instanceof HarnexError && (error.code === "unavailable" || error.code === "unauthorized");
}

/**
 * What `ask` gives once the session answers: a host that is short of a resource refuses connections for a while.
 * Rejects as `ask` did when `lives` says that the host is gone, and with `timeout` when `signal` is aborted first.
 */
export async function askUntilReached<T>(
  ask: () => Promise<T>,
  deps: {
    clock: Clock;
    lives: (trouble: HarnexError) => Promise<boolean>;
    signal: AbortSignal;
    onRetry?: (trouble: string) => void;
  },
): Promise<T> {
  let trouble: HarnexError | undefined;
  const attempt = async (): Promise<{ answer: T } | undefined> => {
    try {
      return { answer: await ask() };
    } catch (error) {
      if (!isGone(error) || !(await deps.lives(error))) throw error;
      trouble = error;
      deps.onRetry?.(error.message);
      return undefined;
    }
  };
  const reached = await untilFound(attempt, { clock: deps.clock, everyMs: RETRY_MS, signal: deps.signal });
  if (reached !== undefined) return reached.answer;
  throw new HarnexError("timeout", trouble?.message ?? "no answer in time", { cause: trouble });
}

/** The longest line of an event stream, in bytes: an event holds at most one message of the size of a body. */
const EVENT_LIMIT = 8 << 20;

export function addressOf(record: RegistryRecord): Address {
  return { host: record.host, port: record.port, token: record.token };
}

/** The URL that its paths are appended to. */
export function baseOf(address: Address): string {
  return localOrigin(address.host, address.port);
}

export function createSessionClient(address: Address): SessionClient {
  const base = baseOf(address);
  const authorization = `Bearer ${address.token}`;

  async function request(
    method: string,
    path: string,
    options: { body?: unknown; signal?: AbortSignal },
  ): Promise<Response> {
    let response: Response;
    try {
      response = await fetch(`${base}${path}`, {
        method,
        headers: { authorization, ...(options.body === undefined ? {} : { "content-type": "application/json" }) },
        ...(options.body === undefined ? {} : { body: JSON.stringify(options.body) }),
        ...(options.signal === undefined ? {} : { signal: options.signal }),
      });
    } catch (error) {
      const [code, why] = options.signal?.aborted
        ? ["timeout", " in time"] as const
        : ["unavailable", `: ${reasonOf(error)}`] as const;
      throw new HarnexError(code, `no answer from ${base}${why}; see: harnex status --all`, { cause: error });
    }
    if (response.status !== httpStatusOf("unauthorized")) return response;
    await response.body?.cancel();
    throw new HarnexError("unauthorized", `the session at ${base} does not know this token; see: harnex status --all`);
  }

  async function bodyOf(response: Response): Promise<string> {
    try {
      return await response.text();
    } catch (error) {
      throw new HarnexError("unavailable", `the answer from ${base} was cut off: ${reasonOf(error)}`, { cause: error });
    }
  }

  return {
    async call(method, path, options) {
      const response = await request(method, path, options);
      return { status: response.status, body: parseObject(await bodyOf(response)) ?? {} };
    },
    async text(path, signal) {
      const response = await request("GET", path, { signal });
      const text = await bodyOf(response);
      if (!response.ok) {
        const code = response.status === httpStatusOf("not_found") ? "not_found" : "failed";
        throw new HarnexError(code, String(parseObject(text)?.["error"] ?? `status ${response.status}`));
      }
      return text;
    },
    async events(from, signal) {
      const response = await request("GET", `/events?from=${from}`, { signal });
      if (!response.ok || response.body === null) {
        throw new HarnexError("failed", `${base}/events answered ${response.status}`);
      }
      // Deno 2.7.11 may lose fetch's signal once the headers are there, so the stream is given one of its own.
      return readEvents(response.body.pipeThrough(new TransformStream<Uint8Array, Uint8Array>(), { signal }), signal);
    },
  };
}

/** The system's reason; fetch puts its own words and the address before it. */
function reasonOf(error: unknown): string {
  return messageOf(error).replace(/ \(os error \d+\)$/, "").split(": ").at(-1) ?? "";
}

/** Ends, without an error, when `signal` is aborted and when the connection breaks: a killed host resets it. */
async function* readEvents(stream: ReadableStream<Uint8Array>, signal: AbortSignal): AsyncGenerator<ReadEvent> {
  try {
    for await (const line of readServerSentEvents(stream, { maxBytes: EVENT_LIMIT })) {
      const event = parseEvent(line);
      if (event !== undefined) yield event;
    }
  } catch (error) {
    if (!signal.aborted && !isBrokenStream(error)) throw error;
  }
}

/** fetch reports a connection that was reset as a TypeError. */
function isBrokenStream(error: unknown): boolean {
  return error instanceof TypeError || (error instanceof Error && error.name === "AbortError");
}
