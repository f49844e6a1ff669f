/**
 * A stand-in for two model APIs on the loopback interface: chat completions, as OpenCode asks a provider of its own,
 * and Gemini's. What is answered stands in the message: `SAY text`, `SHELL command` or `FAIL status`,
 * after `DELAY n` seconds.
 */

import { setTimeout as delay } from "node:timers/promises";

export interface MockChat extends AsyncDisposable {
  /** `/v1` below this for chat completions; as it is for Gemini */
  readonly url: string;
  /** what people wrote, in the order in which it arrived; what agents ask for themselves is not in it */
  readonly requests: readonly string[];
}

type Json = Readonly<Record<string, unknown>>;

/** One call for a model's answer. */
interface Asked {
  /** the last text of the person */
  text: string;
  /** tools have run since */
  afterTool: boolean;
  /** the agent's own request: a title, a summary, which model to take */
  side: boolean;
}

type Reply = { kind: "say"; text: string } | { kind: "shell"; command: string } | { kind: "fail"; status: number };

const DIRECTIVE = /\b(SAY|SHELL|FAIL) ([^\n]*)/;
/** What Gemini CLI (0.61) puts before the first message of a conversation. */
const SESSION_CONTEXT = /^<session_context>[\s\S]*?<\/session_context>/;
const DELAY = /\bDELAY (\d+(?:\.\d+)?)/;
const AFTER_TOOL = "The tool has run.";

export function startMockChat(): MockChat {
  const requests: string[] = [];
  const closing = new AbortController();

  async function answer(request: Request): Promise<Response> {
    const { pathname } = new URL(request.url);
    if (request.method !== "POST") return Response.json({ data: [] });
    const body = json(await request.json());
    const gemini = /:(stream)?[gG]enerateContent$/.exec(pathname);
    const asked = gemini === null ? readChat(body) : readGemini(body);
    if (!asked.side && !asked.afterTool) requests.push(asked.text);
    const seconds = asked.side || asked.afterTool ? undefined : DELAY.exec(asked.text)?.[1];
    const signal = AbortSignal.any([closing.signal, request.signal]);
    try {
      if (seconds !== undefined) await delay(Number(seconds) * 1000, undefined, { signal });
    } catch {
      return new Response(null, { status: 500 });
    }
    const reply = replyTo(asked);
    if (reply.kind === "fail") {
      const error = { message: "as told", type: "as_told", code: reply.status, status: "AS_TOLD" };
      return Response.json({ error }, { status: reply.status });
    }
    if (gemini !== null) {
      const whole = geminiAnswer(reply);
      return gemini[1] === undefined ? Response.json(whole) : stream([JSON.stringify(whole)]);
    }
    return body["stream"] === true ? stream([...chatChunks(reply), "[DONE]"]) : Response.json(chatAnswer(reply));
  }

  const server = Deno.serve(
    { hostname: "127.0.0.1", port: 0, signal: closing.signal, onListen: () => {} },
    answer,
  );
  return {
    url: `http://127.0.0.1:${server.addr.port}`,
    requests,
    async [Symbol.asyncDispose]() {
      closing.abort();
      await server.finished;
    },
  };
}

function replyTo({ text, afterTool, side }: Asked): Reply {
  if (side) return { kind: "say", text: "Recorded" };
  if (afterTool) return { kind: "say", text: AFTER_TOOL };
  const [, word, rest = ""] = DIRECTIVE.exec(text) ?? [];
  if (word === "FAIL") return { kind: "fail", status: Number(rest) };
  return word === "SHELL" ? { kind: "shell", command: rest } : { kind: "say", text: rest };
}

function readChat(body: Json): Asked {
  const messages = list(body["messages"]).map(json);
  const user = messages.findLast(({ role }) => role === "user") ?? {};
  return {
    text: textOf(user["content"]),
    afterTool: messages.at(-1)?.["role"] === "tool",
    // Only the conversation itself is given tools (OpenCode 1.18).
    side: list(body["tools"]).length === 0,
  };
}

function readGemini(body: Json): Asked {
  const contents = list(body["contents"]).map(json);
  const parts = list(contents.at(-1)?.["parts"]).map(json);
  const texts = contents.filter(({ role }) => role === "user").map(({ parts }) => textOf(parts));
  return {
    text: texts.map((text) => text.replace(SESSION_CONTEXT, "")).findLast((text) => text !== "") ?? "",
    afterTool: parts.some((part) => part["functionResponse"] !== undefined),
    side: list(body["tools"]).length === 0,
  };
}

type Answer = Exclude<Reply, { kind: "fail" }>;

function* chatChunks(reply: Answer): Generator<string> {
  const base = { id: "chat", object: "chat.completion.chunk", created: 1, model: "mock" };
  const chunk = (delta: Json, finish: string | null) =>
    JSON.stringify({ ...base, choices: [{ index: 0, delta, finish_reason: finish }] });
  if (reply.kind === "say") yield chunk({ role: "assistant", content: reply.text }, null);
  else {
    const fn = { name: "bash", arguments: JSON.stringify({ command: reply.command, description: "as told" }) };
    yield chunk({ role: "assistant", tool_calls: [{ index: 0, id: "call_1", type: "function", function: fn }] }, null);
  }
  yield chunk({}, reply.kind === "say" ? "stop" : "tool_calls");
  yield JSON.stringify({ ...base, choices: [], usage: { prompt_tokens: 10, completion_tokens: 5, total_tokens: 15 } });
}

function chatAnswer(reply: Answer): Json {
  const message = { role: "assistant", content: reply.kind === "say" ? reply.text : "" };
  const choices = [{ index: 0, message, finish_reason: "stop" }];
  return { id: "chat", object: "chat.completion", created: 1, model: "mock", choices };
}

function geminiAnswer(reply: Answer): Json {
  const part = reply.kind === "say"
    ? { text: reply.text }
    : { functionCall: { name: "run_shell_command", args: { command: reply.command, description: "as told" } } };
  return {
    candidates: [{ content: { role: "model", parts: [part] }, finishReason: "STOP", index: 0 }],
    usageMetadata: { promptTokenCount: 10, candidatesTokenCount: 5, totalTokenCount: 15 },
  };
}

function stream(lines: readonly string[]): Response {
  const body = lines.map((line) => `data: ${line}\n\n`).join("");
  return new Response(body, { headers: { "content-type": "text/event-stream" } });
}

function textOf(content: unknown): string {
  if (typeof content === "string") return content;
  return list(content).map((part) => json(part)["text"]).filter((text) => typeof text === "string").join("");
}

function json(value: unknown): Json {
  return typeof value === "object" && value !== null && !Array.isArray(value) ? { ...value } : {};
}

function list(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : [];
}
