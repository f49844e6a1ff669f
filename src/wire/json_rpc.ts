/**
 * JSON-RPC over a pair of byte streams, one object a line. The peer matches replies with requests and hands over
 * everything else in the order of the wire. Every request has a deadline, unless its caller says `none`.
 */

import { assertNever } from "../model/never.ts";
import type { Clock } from "../platform/platform.ts";
import { fieldsOf, numberOf, objectOf, textOf } from "../text/json.ts";
import { createLineSplitter, type Line } from "../text/lines.ts";

/** How much of an unusable line is reported. */
const MALFORMED_EXCERPT_CHARACTERS = 200;
/** Requests that wait for a reply at one time; a session has a few. */
const MAX_PENDING_REQUESTS = 256;
/** Bytes that the other side has not taken yet. When it stops reading, requests fail; nothing piles up for it. */
const MAX_UNWRITTEN_BYTES = 64 * 1024 * 1024;

/** The id of a request. Each side numbers its own requests; 0 is a valid id. */
export type RpcId = string | number;

export interface RpcCall {
  method: string;
  params?: unknown;
}

export interface RpcNotification {
  method: string;
  params: unknown;
}

/** A request from the other side. The answer carries the same id. */
export interface RpcRequest extends RpcNotification {
  id: RpcId;
}

/** The answer to a request from the other side. */
export type RpcReply = { result: unknown } | { error: { code: number; message: string } };

export interface RequestOptions {
  signal?: AbortSignal;
  /** `none` for a request that is answered when a long piece of work is done; give it a signal */
  deadlineMs?: number | "none";
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
  reply(id: RpcId, answer: RpcReply): Promise<void>;
  /** Starts reading what the other side sends. To be called once; until then replies wait in the stream. */
  listen(handlers: PeerHandlers): void;
  /** Closes our side of the stream after what was already written. Never rejects. */
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
  /** of one message from the other side; `MAX_LINE_BYTES` unless given */
  maxLineBytes?: number;
}

/** What a peer does with what the other side sends. Called in the order of the wire. */
export interface PeerHandlers {
  /** The next message is read when this has resolved. */
  onNotification: (note: RpcNotification) => void | Promise<void>;
  onRequest: (request: RpcRequest) => void | Promise<void>;
  /** A line that is not a message: the problem, and the beginning of the line. */
  onMalformed: (problem: string, excerpt: string) => void;
}

type Incoming =
  | { kind: "notification"; note: RpcNotification }
  | { kind: "request"; request: RpcRequest }
  | { kind: "result"; id: RpcId; result: unknown }
  | { kind: "error"; id: RpcId; code: number; message: string }
  | { kind: "malformed"; problem: string };

/** Classifies one line by its members: with `method` it is a call, with `method` and `id` a request (0 is an id). */
export function parseMessage(text: string): Incoming {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return { kind: "malformed", problem: "not JSON" };
  }
  const message = objectOf(value);
  if (message === undefined) return { kind: "malformed", problem: "not an object" };
  const { id, method, params, result, error } = message;
  const hasId = typeof id === "number" || typeof id === "string";
  if (typeof method === "string") {
    return hasId
      ? { kind: "request", request: { id, method, params } }
      : { kind: "notification", note: { method, params } };
  }
  if (!hasId) return { kind: "malformed", problem: "neither a call nor a reply" };
  if (typeof error === "object" && error !== null) {
    const { code, message: text } = fieldsOf(error);
    return { kind: "error", id, code: numberOf(code) ?? 0, message: textOf(text) ?? JSON.stringify(error) };
  }
  return result === undefined
    ? { kind: "malformed", problem: "a reply without a result" }
    : { kind: "result", id, result };
}

/** A peer on two streams; it reads once `listen` is called. */
export function createRpcPeer(options: PeerOptions): RpcPeer {
  const pending = createPendingRequests(options.clock);
  const writer = createMessageWriter(options.writable);
  const reader = options.readable.getReader();
  const closed = Promise.withResolvers<void>();
  let isListening = false;

  function request(call: RpcCall, { signal, deadlineMs = options.deadlineMs }: RequestOptions = {}): Promise<unknown> {
    const opened = pending.open(call.method, { signal, deadlineMs });
    if (opened instanceof RpcError) return Promise.reject(opened);
    const { id, result } = opened;
    writer.send({ id, method: call.method, params: call.params }).catch((error) => pending.reject(id, error));
    return result;
  }

  function end(): void {
    pending.close();
    closed.resolve();
  }

  return {
    request,
    notify: (call) => writer.send({ method: call.method, params: call.params }),
    reply: (id, answer) => writer.send({ id, ...answer }),
    closeWriter: writer.close,
    closed: closed.promise,
    listen(handlers) {
      isListening = true;
      void readMessages(reader, { handlers, pending, maxLineBytes: options.maxLineBytes }).finally(end);
    },
    async abandon() {
      await reader.cancel().catch(() => undefined); // broken already
      if (!isListening) end();
      await closed.promise;
    },
  };
}

/** Reads messages in the order of the wire until the stream ends. Never rejects. */
async function readMessages(
  reader: ReadableStreamDefaultReader<Uint8Array>,
  to: Recipients & { maxLineBytes: number | undefined },
): Promise<void> {
  const splitter = createLineSplitter(to.maxLineBytes);
  try {
    for (;;) {
      const { done, value } = await reader.read();
      const lines = done ? splitter.end() : splitter.push(value);
      for (const line of lines) await readLine(line, to);
      if (done) return;
    }
  } catch (error) {
    to.handlers.onMalformed(`the stream broke: ${error instanceof Error ? error.message : String(error)}`, "");
  }
}

interface Recipients {
  handlers: PeerHandlers;
  pending: PendingRequests;
}

async function readLine(line: Line, { handlers, pending }: Recipients): Promise<void> {
  if (line.kind === "oversized") return handlers.onMalformed(`a line of ${line.bytes} bytes was skipped`, "");
  const incoming = parseMessage(line.text);
  switch (incoming.kind) {
    case "notification":
      return await handlers.onNotification(incoming.note);
    case "request":
      return await handlers.onRequest(incoming.request);
    case "result":
      return pending.resolve(incoming.id, incoming.result);
    case "error":
      return pending.reject(incoming.id, new RpcError("rejected", incoming.message, { code: incoming.code }));
    case "malformed":
      return handlers.onMalformed(incoming.problem, line.text.slice(0, MALFORMED_EXCERPT_CHARACTERS));
    default:
      return assertNever(incoming);
  }
}

interface MessageWriter {
  /** Resolves when the pipe has taken the message. Rejects with RpcError. */
  send(message: Readonly<Record<string, unknown>>): Promise<void>;
  /** Closes the stream after what was already written. Never rejects. */
  close(): Promise<void>;
}

/** Writes one message a line, in the order of the calls; the bytes that wait for the other side are bounded. */
function createMessageWriter(writable: WritableStream<Uint8Array>): MessageWriter {
  const writer = writable.getWriter();
  const encoder = new TextEncoder();
  let unwrittenBytes = 0;
  // A broken pipe shows in each write; the stream's own promise would be an unhandled rejection.
  writer.closed.catch(() => undefined);
  return {
    async send(message) {
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
    },
    close: () => writer.close().catch(() => undefined),
  };
}

interface PendingRequests {
  /** A new request: its id and its result, which rejects at the deadline or on abort. An error when it must not be sent. */
  open(method: string, limits: RequestLimits): { id: number; result: Promise<unknown> } | RpcError;
  /** Does nothing when no request of this id is pending: a late reply is not an error. */
  resolve(id: RpcId, result: unknown): void;
  reject(id: RpcId, error: RpcError): void;
  /** Rejects every pending request, and each one after that. */
  close(): void;
}

interface RequestLimits {
  signal: AbortSignal | undefined;
  deadlineMs: number | "none";
}

function createPendingRequests(clock: Clock): PendingRequests {
  const pending = new Map<RpcId, { resolve: (result: unknown) => void; reject: (error: RpcError) => void }>();
  let nextId = 1;
  let isClosed = false;

  function refusal(method: string, signal: AbortSignal | undefined): RpcError | undefined {
    if (isClosed) return new RpcError("closed", `${method}: the agent is gone`);
    if (signal?.aborted) return new RpcError("aborted", `${method}: given up before it was sent`);
    if (pending.size < MAX_PENDING_REQUESTS) return undefined;
    return new RpcError("overloaded", `${method}: ${pending.size} requests are unanswered`);
  }

  return {
    open(method, { signal, deadlineMs }) {
      const refused = refusal(method, signal);
      if (refused !== undefined) return refused;
      const id = nextId++;
      const { promise, resolve, reject } = Promise.withResolvers<unknown>();
      const onAbort = () => fail(new RpcError("aborted", `${method}: given up`));
      const cancelDeadline = deadlineMs === "none" ? () => {} : clock.after(
        deadlineMs,
        () => fail(new RpcError("deadline", `${method}: no reply within ${deadlineMs} ms`)),
      );
      const settle = () => {
        pending.delete(id);
        cancelDeadline();
        signal?.removeEventListener("abort", onAbort);
      };
      const fail = (error: RpcError) => {
        settle();
        reject(error);
      };
      signal?.addEventListener("abort", onAbort, { once: true });
      pending.set(id, { resolve: (result) => (settle(), resolve(result)), reject: fail });
      return { id, result: promise };
    },
    resolve: (id, result) => pending.get(id)?.resolve(result),
    reject: (id, error) => pending.get(id)?.reject(error),
    close() {
      isClosed = true;
      for (const one of [...pending.values()]) one.reject(new RpcError("closed", "the agent is gone"));
    },
  };
}
