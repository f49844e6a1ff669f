/**
 * A stand-in for the Messages API on the loopback interface, for tests with the real Claude Code. What it answers is
 * written in the message itself (see `Reply`), so that a test reads from one place. It keeps what it was asked.
 */

import { setTimeout as delay } from "node:timers/promises";

export interface MockMessages extends AsyncDisposable {
  /** for ANTHROPIC_BASE_URL */
  readonly url: string;
  /** what people (or harnex) wrote, in the order in which it arrived; titles and tool results are not in it */
  readonly requests: readonly MockRequest[];
  /** Resolves when `count` requests have arrived. */
  arrived(count: number, signal: AbortSignal): Promise<void>;
  /** Lets every HOLD that is waiting, and one that comes later if none is, go on. */
  release(): void;
}

export interface MockRequest {
  order: number;
  /** the last text of the last user message, byte for byte, without the agent's own reminders */
  text: string;
  model: string;
  /** when the last answer to it so far had been handed out whole, as `Date.now()`; tool calls are answers too */
  answeredAt?: number;
}

/**
 * The keywords, upper case, anywhere in the message; the last one wins:
 * `SAY text` · `SLOW n` n words, one a second · `SHELL command` runs Bash · `TOOL name {json}` any tool · `ASK` a
 * question with two answers · `FAIL code` an HTTP error · `DROP` cuts the answer · `HANG` never answers ·
 * `HOLD` answers when the test calls `release()`. `DELAY n` before any of them waits n seconds. After a tool ran, what
 * follows ` THEN ` in the message is answered, and so on.
 */
type Reply =
  | { kind: "say"; text: string }
  | { kind: "slow"; words: number }
  | { kind: "tool"; name: string; input: unknown }
  | { kind: "fail"; status: number }
  | { kind: "drop" }
  | { kind: "hang" }
  | { kind: "hold" };

const DIRECTIVE = /\b(SAY|SLOW|SHELL|TOOL|ASK|FAIL|DROP|HANG|HOLD)\b ?(.*)/g;
const NEXT_STEP = " THEN ";
const DELAY = /\bDELAY (\d+(?:\.\d+)?)/;
const REMINDER = /<system-reminder>[\s\S]*?<\/system-reminder>\n*/g;
const TITLE_REQUEST = /^\s*<session>/;
const QUESTION = {
  questions: [{
    question: "Which colour?",
    header: "Colour",
    multiSelect: false,
    options: [{ label: "Red", description: "warm" }, { label: "Blue", description: "cold" }],
  }],
};
const ERROR_TYPES: Readonly<Record<number, string>> = {
  400: "invalid_request_error",
  401: "authentication_error",
  429: "rate_limit_error",
  529: "overloaded_error",
};

export function startMockMessages(options: { port?: number } = {}): MockMessages {
  const requests: MockRequest[] = [];
  const closing = new AbortController();
  const watchers = new Set<() => void>();
  let held: PromiseWithResolvers<void> = Promise.withResolvers();

  function note(text: string, model: string): void {
    requests.push({ order: requests.length + 1, text, model });
    for (const look of watchers) look();
  }

  function arrived(count: number, signal: AbortSignal): Promise<void> {
    return new Promise((resolve, reject) => {
      const look = () => {
        if (requests.length < count) return;
        watchers.delete(look);
        resolve();
      };
      watchers.add(look);
      signal.addEventListener("abort", () => {
        watchers.delete(look);
        reject(new Error(`${requests.length} of ${count} requests arrived: ${JSON.stringify(requests)}`));
      }, { once: true });
      look();
    });
  }

  function release(): void {
    held.resolve();
    held = Promise.withResolvers();
  }

  async function answer(request: Request): Promise<Response> {
    const { pathname } = new URL(request.url);
    if (request.method === "HEAD" || pathname === "/") return new Response();
    if (pathname.endsWith("/count_tokens")) return Response.json({ input_tokens: 1 });
    if (pathname !== "/v1/messages") return failure(404, `no such path: ${pathname}`);
    const asked = readRequest(await request.json());
    if (TITLE_REQUEST.test(asked.text)) return toResponse({ kind: "say", text: '{"title":"Recorded"}' }, asked);
    if (asked.toolResults === 0) note(asked.text, asked.model);
    const step = asked.text.split(NEXT_STEP)[asked.toolResults] ?? "SAY The tool has run.";
    const seconds = DELAY.exec(step)?.[1];
    const signal = AbortSignal.any([closing.signal, request.signal]);
    const reply = readReply(step);
    try {
      if (seconds !== undefined) await delay(Number(seconds) * 1000, undefined, { signal });
      if (reply.kind === "hold") await untilAborted(held.promise, signal);
      if (reply.kind === "hang") await untilAborted(new Promise<void>(() => {}), signal);
    } catch {
      return failure(500, "the mock was closed, or the agent gave up");
    }
    return toResponse(reply, asked, {
      signal,
      onEnd: () => {
        const request = requests.findLast(({ text }) => text === asked.text);
        if (request !== undefined) request.answeredAt = Date.now();
      },
    });
  }

  const server = Deno.serve(
    { hostname: "127.0.0.1", port: options.port ?? 0, signal: closing.signal, onListen: () => {} },
    answer,
  );
  return {
    url: `http://127.0.0.1:${server.addr.port}`,
    requests,
    arrived,
    release,
    async [Symbol.asyncDispose]() {
      // Not shutdown(): it would wait for connections that an agent has left half closed.
      closing.abort();
      await server.finished;
    },
  };
}

function untilAborted(promise: Promise<void>, signal: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    signal.addEventListener("abort", () => reject(signal.reason), { once: true });
    promise.then(resolve, reject);
  });
}

interface Asked {
  text: string;
  model: string;
  stream: boolean;
  /** how many messages with tool results came after that text */
  toolResults: number;
}

function readRequest(body: unknown): Asked {
  const request = record(body);
  const users = list(request["messages"]).map(record).filter((message) => message["role"] === "user").map(blocksOf);
  // After a rejected tool its result and the next text come in one message, so a prompt is known by its text.
  const at = users.findLastIndex((blocks) => textsOf(blocks).length > 0);
  const texts = textsOf(users[at] ?? []);
  return {
    text: texts.at(-1) ?? "",
    model: String(request["model"]),
    stream: request["stream"] === true,
    toolResults: users.length - 1 - at,
  };
}

function textsOf(blocks: readonly Record<string, unknown>[]): string[] {
  const texts = blocks.map((block) => typeof block["text"] === "string" ? block["text"] : "");
  return texts.map((text) => text.replaceAll(REMINDER, "")).filter((text) => text !== "");
}

function blocksOf({ content }: Record<string, unknown>): Record<string, unknown>[] {
  return typeof content === "string" ? [{ type: "text", text: content }] : list(content).map(record);
}

function readReply(text: string): Reply {
  const [, word = "", rest = ""] = [...text.matchAll(DIRECTIVE)].at(-1) ?? [];
  switch (word) {
    case "SAY":
      return { kind: "say", text: rest };
    case "SLOW":
      return { kind: "slow", words: Number.parseInt(rest) || 3 };
    case "SHELL":
      return { kind: "tool", name: "Bash", input: { command: rest, description: "Runs what the test asked for" } };
    case "TOOL": {
      const [name = "", ...json] = rest.split(" ");
      return { kind: "tool", name, input: JSON.parse(json.join(" ") || "{}") };
    }
    case "ASK":
      return { kind: "tool", name: "AskUserQuestion", input: QUESTION };
    case "FAIL":
      return { kind: "fail", status: Number.parseInt(rest) || 500 };
    case "DROP":
      return { kind: "drop" };
    case "HANG":
      return { kind: "hang" };
    case "HOLD":
      return { kind: "hold" };
    default:
      return { kind: "say", text: `read ${text.length} characters` };
  }
}

interface Sending {
  signal?: AbortSignal;
  /** called when the answer has been handed out whole */
  onEnd?: () => void;
}

function toResponse(reply: Reply, asked: Asked, sending: Sending = {}): Response {
  if (reply.kind === "fail") return failure(reply.status, `asked to fail with ${reply.status}`);
  if (!asked.stream) return reply.kind === "drop" ? failure(500, "cut") : Response.json(wholeMessage(reply, asked));
  const body = ReadableStream.from(events(reply, asked, sending)).pipeThrough(new TextEncoderStream());
  return new Response(body, { headers: { "content-type": "text/event-stream" } });
}

function wholeMessage(reply: Reply, { model }: Asked) {
  const block = reply.kind === "tool"
    ? { type: "tool_use", id: toolId(), name: reply.name, input: reply.input }
    : { type: "text", text: textOf(reply) };
  return { ...messageHead(model), content: [block], stop_reason: stopReason(reply), stop_sequence: null };
}

async function* events(reply: Reply, { model }: Asked, { signal, onEnd }: Sending): AsyncGenerator<string> {
  yield event("message_start", { message: messageHead(model) });
  if (reply.kind === "tool") {
    const block = { type: "tool_use", id: toolId(), name: reply.name, input: {} };
    yield event("content_block_start", { index: 0, content_block: block });
    const delta = { type: "input_json_delta", partial_json: JSON.stringify(reply.input) };
    yield event("content_block_delta", { index: 0, delta });
  } else {
    yield event("content_block_start", { index: 0, content_block: { type: "text", text: "" } });
    for (const [index, piece] of pieces(reply).entries()) {
      if (reply.kind === "slow" && index > 0) await delay(1000, undefined, signal === undefined ? {} : { signal });
      yield event("content_block_delta", { index: 0, delta: { type: "text_delta", text: piece } });
    }
    if (reply.kind === "drop") throw new Error("cut on request");
  }
  yield event("content_block_stop", { index: 0 });
  const delta = { stop_reason: stopReason(reply), stop_sequence: null };
  yield event("message_delta", { delta, usage: { output_tokens: 7 } });
  yield event("message_stop", {});
  onEnd?.();
}

function pieces(reply: Reply): string[] {
  if (reply.kind === "slow") return Array.from({ length: reply.words }, (_, index) => `word${index + 1} `);
  return textOf(reply).match(/[\s\S]{1,24}/g) ?? [""];
}

function textOf(reply: Reply): string {
  if (reply.kind === "say") return reply.text;
  return reply.kind === "drop" ? "half of an answ" : "done";
}

function stopReason(reply: Reply): string {
  return reply.kind === "tool" ? "tool_use" : "end_turn";
}

function messageHead(model: string) {
  const usage = { input_tokens: 5, output_tokens: 1, cache_creation_input_tokens: 0, cache_read_input_tokens: 3 };
  return {
    id: `msg_${crypto.randomUUID()}`,
    type: "message",
    role: "assistant",
    model,
    content: [],
    stop_reason: null,
    stop_sequence: null,
    usage,
  };
}

function toolId(): string {
  return `toolu_${crypto.randomUUID().replaceAll("-", "")}`;
}

function event(type: string, fields: Readonly<Record<string, unknown>>): string {
  return `event: ${type}\ndata: ${JSON.stringify({ type, ...fields })}\n\n`;
}

function failure(status: number, message: string): Response {
  return Response.json({ type: "error", error: { type: ERROR_TYPES[status] ?? "api_error", message } }, { status });
}

function record(value: unknown): Record<string, unknown> {
  return typeof value === "object" && value !== null ? { ...value } : {};
}

function list(value: unknown): unknown[] {
  return Array.isArray(value) ? value : [];
}
