/**
 * JSON-RPC over a pair of byte streams, one object a line: a peer that correlates replies with requests and hands
 * over everything else in the order of the wire. Knows no agent. Never waits for a reply without a deadline.
 */

import { assertNever } from "../model/never.ts";
import type { Clock } from "../platform/platform.ts";
import { createLineSplitter, type Line } from "../text/lines.ts";

/** How much of a line that could not be used is shown to whoever asks why. */
const MALFORMED_EXCERPT_CHARACTERS = 200;
/** Requests that wait for a reply at one time; a session has a handful. */
const MAX_PENDING_REQUESTS = 256;
/**
 * Bytes handed to the writer and not yet taken by the agent. An agent that stops reading is reported, not buffered for.
 */
const MAX_UNWRITTEN_BYTES = 64 * 1024 * 1024;

/** The id of a request; the other side's ids are a space of their own, and 0 is one of them. */
export type RpcId = string | number;

export interface RpcCall {
  method: string;
  params?: unknown;
}

export interface RpcNotification {
  method: string;
  params: unknown;
}

/** A request from the other side, to be answered with its own id. */
export interface RpcRequest extends RpcNotification {
  id: RpcId;
}

export interface RequestOptions {
  signal?: AbortSignal;
  deadlineMs?: number;
}

/** Why a request has no result. */
export class RpcError extends Error {
  override readonly name = "RpcError";
  readonly kind: "rejected" | "deadline" | "aborted" | "closed" | "overloaded";
  readonly code: number | null;

  constructor(kind: RpcError["kind"], message: string, options?: { code?: number; cause?: unknown }) {
    super(message, options);
    this.kind = kind;
    this.code = options?.code ?? null;
  }
}

export interface RpcPeer {
  /** Sends a request and gives its result. Rejects with RpcError. */
  request(call: RpcCall, options?: RequestOptions): Promise<unknown>;
  notify(call: RpcCall): Promise<void>;
  /** Answers a request from the other side. */
  reply(id: RpcId, answer: { result: unknown } | { error: { code: number; message: string } }): Promise<void>;
  /** Ends our side of the stream after what was already written. Never rejects. */
  closeWriter(): Promise<void>;
  /** Resolves when the other side's stream has ended and everything pending was rejected. Never rejects. */
  readonly closed: Promise<void>;
  /** Stops reading at once. */
  abandon(): Promise<void>;
}

export interface PeerOptions {
  readable: ReadableStream<Uint8Array>;
  writable: WritableStream<Uint8Array>;
  clock: Clock;
  /** for every request that does not name its own */
  deadlineMs: number;
  maxLineBytes?: number;
  /** Called in the order of the wire; the next message is read after it has resolved. */
  onNotification: (note: RpcNotification) => void | Promise<void>;
  onRequest: (request: RpcRequest) => void | Promise<void>;
  /** A line that was no message: what was wrong, and its beginning. */
  onMalformed: (problem: string, excerpt: string) => void;
}

type Incoming =
  | { kind: "notification"; note: RpcNotification }
  | { kind: "request"; request: RpcRequest }
  | { kind: "result"; id: RpcId; result: unknown }
  | { kind: "error"; id: RpcId; code: number; message: string }
  | { kind: "malformed"; problem: string };

/** Tells one line apart by its members alone: `method` makes it a call, an `id` beside it a request (0 is an id). */
export function parseMessage(text: string): Incoming {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return { kind: "malformed", problem: "not JSON" };
  }
  if (typeof value !== "object" || value === null || Array.isArray(value)) {
    return { kind: "malformed", problem: "not an object" };
  }
  const { id, method, params, result, error }: Record<string, unknown> = { ...value };
  const hasId = typeof id === "number" || typeof id === "string";
  if (typeof method === "string") {
    return hasId
      ? { kind: "request", request: { id, method, params } }
      : { kind: "notification", note: { method, params } };
  }
  if (!hasId) return { kind: "malformed", problem: "neither a call nor a reply" };
  if (typeof error === "object" && error !== null) {
    const { code, message }: Record<string, unknown> = { ...error };
    return {
      kind: "error",
      id,
      code: typeof code === "number" ? code : 0,
      message: typeof message === "string" ? message : JSON.stringify(error),
    };
  }
  return result === undefined
    ? { kind: "malformed", problem: "a reply without a result" }
    : { kind: "result", id, result };
}

interface Waiter {
  resolve: (result: unknown) => void;
  reject: (error: RpcError) => void;
}

/** A peer that reads until the stream ends. */
export function createRpcPeer(options: PeerOptions): RpcPeer {
  const { clock } = options;
  const writer = options.writable.getWriter();
  const reader = options.readable.getReader();
  const encoder = new TextEncoder();
  const waiting = new Map<RpcId, Waiter>();
  let nextId = 1;
  let unwrittenBytes = 0;
  let ended = false;
  // A broken pipe shows in each write; the stream's own promise would be an unhandled rejection.
  writer.closed.catch(() => undefined);

  async function write(message: Readonly<Record<string, unknown>>): Promise<void> {
    const bytes = encoder.encode(JSON.stringify({ jsonrpc: "2.0", ...message }) + "\n");
    if (unwrittenBytes + bytes.length > MAX_UNWRITTEN_BYTES) {
      throw new RpcError("overloaded", "the agent does not read its input");
    }
    unwrittenBytes += bytes.length;
    try {
      // The writer is the queue: writes reach the pipe in the order of these calls.
      await writer.write(bytes);
    } catch (cause) {
      throw new RpcError("closed", "the agent's input is closed", { cause });
    } finally {
      unwrittenBytes -= bytes.length;
    }
  }

  function request(call: RpcCall, { signal, deadlineMs = options.deadlineMs }: RequestOptions = {}): Promise<unknown> {
    return new Promise((resolve, reject) => {
      if (ended) return reject(new RpcError("closed", `${call.method}: the agent is gone`));
      if (signal?.aborted) return reject(new RpcError("aborted", `${call.method}: given up before it was sent`));
      if (waiting.size >= MAX_PENDING_REQUESTS) {
        return reject(new RpcError("overloaded", `${call.method}: ${waiting.size} requests are unanswered`));
      }
      const id = nextId++;
      const cancelDeadline = clock.after(
        deadlineMs,
        () => fail(new RpcError("deadline", `${call.method}: no reply within ${deadlineMs} ms`)),
      );
      const onAbort = () => fail(new RpcError("aborted", `${call.method}: given up`));
      signal?.addEventListener("abort", onAbort, { once: true });
      function settle(): void {
        waiting.delete(id);
        cancelDeadline();
        signal?.removeEventListener("abort", onAbort);
      }
      function fail(error: RpcError): void {
        settle();
        reject(error);
      }
      waiting.set(id, {
        resolve: (result) => {
          settle();
          resolve(result);
        },
        reject: fail,
      });
      write({ id, method: call.method, params: call.params }).catch((error) => {
        fail(error instanceof RpcError ? error : new RpcError("closed", `${call.method}: not sent`, { cause: error }));
      });
    });
  }

  async function take(line: Line): Promise<void> {
    if (line.kind === "oversized") return options.onMalformed(`a line of ${line.bytes} bytes was skipped`, "");
    const incoming = parseMessage(line.text);
    switch (incoming.kind) {
      case "notification":
        return await options.onNotification(incoming.note);
      case "request":
        return await options.onRequest(incoming.request);
      case "result":
        // A reply that nobody waits for any more is late, not wrong.
        return waiting.get(incoming.id)?.resolve(incoming.result);
      case "error":
        return waiting.get(incoming.id)?.reject(
          new RpcError("rejected", incoming.message, { code: incoming.code }),
        );
      case "malformed":
        return options.onMalformed(incoming.problem, line.text.slice(0, MALFORMED_EXCERPT_CHARACTERS));
      default:
        return assertNever(incoming);
    }
  }

  async function readAll(): Promise<void> {
    const splitter = createLineSplitter(options.maxLineBytes);
    try {
      for (;;) {
        const { done, value } = await reader.read();
        const lines = done ? splitter.end() : splitter.push(value);
        for (const line of lines) await take(line);
        if (done) break;
      }
    } catch (error) {
      options.onMalformed(`the stream broke: ${error instanceof Error ? error.message : String(error)}`, "");
    } finally {
      ended = true;
      for (const waiter of [...waiting.values()]) waiter.reject(new RpcError("closed", "the agent is gone"));
    }
  }

  const closed = readAll();

  return {
    request,
    notify: (call) => write({ method: call.method, params: call.params }),
    reply: (id, answer) => write({ id, ...answer }),
    closeWriter: () => writer.close().catch(() => undefined),
    closed,
    async abandon() {
      await reader.cancel().catch(() => undefined);
      await closed;
    },
  };
}
