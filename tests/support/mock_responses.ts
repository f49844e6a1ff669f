/**
 * A stand-in for the Responses API on loopback: what the model answers is a function of what it was asked. Streams
 * server-sent events as Codex 0.169 reads them; everything else it may ask for is answered 404.
 */

/** One request of the agent, as far as a script needs to know it. */
export interface ModelRequest {
  /** the last thing that a person said */
  prompt: string;
  /** every thing that a person said, oldest first */
  prompts: readonly string[];
  /** what tools gave back since then */
  toolOutputs: readonly string[];
  /** how often this very prompt, with as many tool outputs, was sent before, plus one */
  attempt: number;
  model: string;
  effort: string | undefined;
}

/** A piece of an answer. */
export type Part =
  | { kind: "say"; text: string }
  | { kind: "call"; name: string; namespace?: string; args: unknown }
  | { kind: "custom"; name: string; input: string };

export type ModelReply =
  | { kind: "parts"; parts: readonly Part[] }
  | { kind: "status"; status: number }
  /** some words, then the stream ends before the answer does */
  | { kind: "drop"; text: string }
  /** some words, then nothing more until the other side leaves */
  | { kind: "hang"; text: string };

export type Script = (request: ModelRequest) => ModelReply;

export interface MockResponses extends AsyncDisposable {
  /** what goes into `base_url` */
  url: string;
  requests: readonly ModelRequest[];
}

export const say = (text: string): ModelReply => ({ kind: "parts", parts: [{ kind: "say", text }] });

/**
 * A shell command; `escalate` asks to run it outside of the sandbox, `yieldMs` leaves it in the background when it runs
 * longer.
 */
export function shell(
  cmd: string,
  { escalate = false, yieldMs }: { escalate?: boolean; yieldMs?: number } = {},
): ModelReply {
  const asked = escalate ? { sandbox_permissions: "require_escalated", justification: "the test wants it" } : {};
  const yields = yieldMs === undefined ? {} : { yield_time_ms: yieldMs };
  return { kind: "parts", parts: [{ kind: "call", name: "exec_command", args: { cmd, ...asked, ...yields } }] };
}

/** A patch that adds one file. */
export function addFile(path: string, line: string): ModelReply {
  const input = ["*** Begin Patch", `*** Add File: ${path}`, `+${line}`, "*** End Patch", ""].join("\n");
  return { kind: "parts", parts: [{ kind: "custom", name: "apply_patch", input }] };
}

type Json = Readonly<Record<string, unknown>>;

function json(value: unknown): Json {
  return typeof value === "object" && value !== null && !Array.isArray(value) ? { ...value } : {};
}

function list(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : [];
}

/** What Codex adds to the input by itself stands in tags. */
const OWN_CONTEXT = /^\s*<\w+/;

function parseRequest(body: Json): Omit<ModelRequest, "attempt"> {
  const input = list(body.input).map(json);
  const prompts: string[] = [];
  let toolOutputs: string[] = [];
  for (const item of input) {
    const text = list(item.content).map((part) => String(json(part).text ?? "")).join("\n");
    if (item.role === "user" && !OWN_CONTEXT.test(text)) {
      prompts.push(text);
      toolOutputs = [];
    } else if (typeof item.type === "string" && item.type.endsWith("_output")) {
      toolOutputs.push(typeof item.output === "string" ? item.output : JSON.stringify(item.output));
    }
  }
  const effort = json(body.reasoning).effort;
  return {
    prompt: prompts.at(-1) ?? "",
    prompts,
    toolOutputs,
    model: String(body.model),
    effort: typeof effort === "string" ? effort : undefined,
  };
}

/** The tokens of every answer; a test can count on them. */
const USAGE = {
  input_tokens: 100,
  input_tokens_details: { cached_tokens: 10 },
  output_tokens: 20,
  output_tokens_details: { reasoning_tokens: 5 },
  total_tokens: 120,
};

/** The output item of a part, and its text as it streams in. */
function itemOf(part: Part, id: string): { item: Json; text?: string } {
  switch (part.kind) {
    case "say": {
      const content = [{ type: "output_text", text: part.text, annotations: [] }];
      return { item: { id, type: "message", role: "assistant", status: "completed", content }, text: part.text };
    }
    case "call": {
      const namespace = part.namespace === undefined ? {} : { namespace: part.namespace };
      const args = JSON.stringify(part.args);
      return {
        item: {
          id,
          type: "function_call",
          status: "completed",
          call_id: `call_${id}`,
          name: part.name,
          ...namespace,
          arguments: args,
        },
      };
    }
    case "custom":
      return {
        item: {
          id,
          type: "custom_tool_call",
          status: "completed",
          call_id: `call_${id}`,
          name: part.name,
          input: part.input,
        },
      };
  }
}

/** Events of one answer; the last is missing when the answer never ends. */
function* eventsOf(reply: ModelReply, id: string): Generator<Json> {
  const response = { id, object: "response", output: [] };
  yield { type: "response.created", response: { ...response, status: "in_progress" } };
  const unfinished = reply.kind === "drop" || reply.kind === "hang";
  const parts: readonly Part[] = reply.kind === "parts"
    ? reply.parts
    : unfinished && reply.text !== ""
    ? [{ kind: "say", text: reply.text }]
    : [];
  for (const [output_index, part] of parts.entries()) {
    const { item, text } = itemOf(part, `${id}_${output_index}`);
    if (text !== undefined) {
      yield { type: "response.output_item.added", output_index, item: { ...item, status: "in_progress", content: [] } };
      yield { type: "response.output_text.delta", output_index, item_id: item.id, content_index: 0, delta: text };
    }
    if (!unfinished) yield { type: "response.output_item.done", output_index, item };
  }
  if (unfinished) return;
  yield { type: "response.completed", response: { ...response, status: "completed", usage: USAGE } };
}

function stream(reply: ModelReply, id: string): ReadableStream<Uint8Array> {
  const encoder = new TextEncoder();
  const events = eventsOf(reply, id);
  return new ReadableStream({
    pull(controller) {
      const { done, value } = events.next();
      if (!done) {
        const event = `event: ${value.type}\ndata: ${JSON.stringify(value)}\n\n`;
        controller.enqueue(encoder.encode(event));
      } else if (reply.kind === "hang") return new Promise<void>(() => {});
      else controller.close();
    },
  });
}

export function startMockResponses(script: Script): MockResponses {
  const requests: ModelRequest[] = [];
  const attempts = new Map<string, number>();

  async function answer(request: Request): Promise<Response> {
    if (request.method !== "POST" || !new URL(request.url).pathname.endsWith("/responses")) {
      await request.body?.cancel();
      return new Response("{}", { status: 404 });
    }
    const parsed = parseRequest(json(await request.json()));
    const key = JSON.stringify([parsed.prompts, parsed.toolOutputs.length]);
    const attempt = (attempts.get(key) ?? 0) + 1;
    attempts.set(key, attempt);
    requests.push({ ...parsed, attempt });
    const reply = script({ ...parsed, attempt });
    if (reply.kind === "status") {
      const error = { message: `the script answers ${reply.status}`, type: "scripted", code: "scripted" };
      return Response.json({ error }, { status: reply.status });
    }
    const headers = { "content-type": "text/event-stream" };
    return new Response(stream(reply, `resp_${requests.length}`), { headers });
  }

  const server = Deno.serve(
    { hostname: "127.0.0.1", port: 0, onListen: () => {}, onError: () => new Response() },
    answer,
  );
  return {
    url: `http://127.0.0.1:${server.addr.port}/v1`,
    requests,
    [Symbol.asyncDispose]: () => server.shutdown(),
  };
}
