/**
 * A mock of a model's API on the loopback interface, in the probe's own process. Each session of the probe has its own
 * lane: a base URL, the replies to the next message, and what the agent has asked so far.
 */

import { assertNever } from "../../model/never.ts";
import type { ModelDialect, ModelReply } from "../../model/trial.ts";
import type { Platform } from "../../platform/platform.ts";
import { type JsonObject, parseObject } from "../../text/json.ts";
import type { Asked, Dialect } from "./dialect.ts";
import { MESSAGES_API } from "./messages_api.ts";
import { RESPONSES_API } from "./responses_api.ts";

export interface MockModel extends AsyncDisposable {
  lane(name: string): Lane;
}

export interface Lane {
  readonly url: string;
  /** every message that arrived, in order, byte for byte */
  readonly prompts: readonly string[];
  /** what the tools returned in the last turn that used one */
  readonly toolResults: readonly string[];
  /** the `User-Agent` of the last request */
  readonly userAgent: string;
  /** Sets the replies to the next message: the first to the message itself, each other one after a tool has run. */
  reply(...replies: readonly ModelReply[]): void;
}

/** The answer to a request that no reply was set for. */
const IDLE_REPLY: ModelReply = { kind: "say", text: "done" };
/** The answer to what an agent asks for itself, such as a title: whatever it expects, it copes with this. */
const ASIDE_REPLY: ModelReply = { kind: "say", text: '{"title":"Probe"}' };

interface OpenLane extends Lane {
  userAgent: string;
  prompts: string[];
  toolResults: readonly string[];
  replies: readonly ModelReply[];
}

export function startMockModel(platform: Pick<Platform, "serve">, dialect: ModelDialect): MockModel {
  const api = dialectOf(dialect);
  const lanes = new Map<string, OpenLane>();
  let answers = 0;

  async function handle(request: Request): Promise<Response> {
    const { pathname } = new URL(request.url);
    const [, name = "", ...rest] = pathname.split("/");
    const lane = lanes.get(name);
    if (lane === undefined) return Response.json({}, { status: 404 });
    lane.userAgent = request.headers.get("user-agent") ?? lane.userAgent;
    if (request.method === "HEAD" || rest.length === 0) return new Response();
    if (pathname.endsWith("/count_tokens")) return Response.json({ input_tokens: 1 });
    const body = parseObject(await request.text());
    if (request.method !== "POST" || !pathname.endsWith(api.endpoint) || body === undefined) {
      return Response.json({}, { status: 404 });
    }
    const asked = api.read(body);
    const answer = { id: `probe_${++answers}`, model: asked.model };
    const reply = asked.isAside ? ASIDE_REPLY : take(lane, asked);
    return asked.isStreamed ? streamed(api.events(reply, answer)) : Response.json(api.whole(reply, answer));
  }

  const server = platform.serve({ hostname: "127.0.0.1", port: 0, handle });
  return {
    lane(name) {
      const lane: OpenLane = {
        url: `http://127.0.0.1:${server.port}/${name}`,
        prompts: [],
        toolResults: [],
        userAgent: "",
        replies: [],
        reply: (...replies) => void (lane.replies = replies),
      };
      lanes.set(name, lane);
      return lane;
    },
    [Symbol.asyncDispose]: () => server[Symbol.asyncDispose](),
  };
}

function dialectOf(dialect: ModelDialect): Dialect {
  switch (dialect) {
    case "messages":
      return MESSAGES_API;
    case "responses":
      return RESPONSES_API;
    default:
      return assertNever(dialect);
  }
}

/** Notes the request, and takes the reply that is next. */
function take(lane: OpenLane, { prompt, toolResults }: Asked): ModelReply {
  if (toolResults.length === 0) lane.prompts.push(prompt);
  else lane.toolResults = toolResults;
  return lane.replies[toolResults.length] ?? IDLE_REPLY;
}

function streamed(events: readonly JsonObject[]): Response {
  const text = events.map((event) => `event: ${event["type"]}\ndata: ${JSON.stringify(event)}\n\n`).join("");
  return new Response(text, { headers: { "content-type": "text/event-stream" } });
}
