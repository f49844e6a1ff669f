/** An OpenTelemetry collector for tests: takes OTLP requests, and answers as the test wants. */

import { until } from "./until.ts";

export interface ReceivedSpan {
  resource: Readonly<Record<string, unknown>>;
  name: string;
  traceId: string;
  spanId: string;
  parentSpanId: string | undefined;
  startMs: number;
  endMs: number;
  attributes: Readonly<Record<string, unknown>>;
  events: readonly { name: string; attributes: Readonly<Record<string, unknown>> }[];
  links: readonly { traceId: string; spanId: string }[];
  status: { code: number; message?: string };
}

export interface ReceivedRequest {
  path: string;
  headers: Headers;
  body: Uint8Array;
}

export interface Collector extends AsyncDisposable {
  readonly url: string;
  /** all requests, the refused ones too */
  readonly requests: readonly ReceivedRequest[];
  /** what accepted JSON requests held */
  readonly spans: readonly ReceivedSpan[];
  /** The span of this name of this session, as soon as it is there. */
  span(name: string, sessionId: string): Promise<ReceivedSpan>;
}

/** `answer` gives the status of the answer to the request of this number, from 0; the answer waits for it. */
export function startCollector(answer: (request: number) => number | Promise<number> = () => 200): Collector {
  const requests: ReceivedRequest[] = [];
  const spans: ReceivedSpan[] = [];
  const server = Deno.serve({ hostname: "127.0.0.1", port: 0, onListen: () => {} }, async (request) => {
    const { pathname: path } = new URL(request.url);
    const body = new Uint8Array(await request.arrayBuffer());
    const number = requests.push({ path, headers: request.headers, body }) - 1;
    const status = await answer(number);
    const isJson = request.headers.get("content-type") === "application/json";
    if (status === 200 && isJson) spans.push(...readSpans(JSON.parse(new TextDecoder().decode(body))));
    return new Response("{}", { status, headers: { "content-type": "application/json" } });
  });
  return {
    url: `http://127.0.0.1:${server.addr.port}`,
    requests,
    spans,
    span: (name, sessionId) =>
      until(
        20_000,
        () =>
          spans.find((span) => span.name === name && (span.parentSpanId === sessionId || span.spanId === sessionId)),
        `the span "${name}" of ${sessionId}`,
      ),
    [Symbol.asyncDispose]: () => server.shutdown(),
  };
}

/** The shape that the protocol gives a request as JSON. */
interface Body {
  resourceSpans: { resource: { attributes: Attribute[] }; scopeSpans: { spans: BodySpan[] }[] }[];
}

interface BodySpan {
  name: string;
  traceId: string;
  spanId: string;
  parentSpanId?: string;
  startTimeUnixNano: string;
  endTimeUnixNano: string;
  attributes: Attribute[];
  events: { name: string; attributes: Attribute[] }[];
  links: { traceId: string; spanId: string }[];
  status: { code: number; message?: string };
}

interface Attribute {
  key: string;
  value: Readonly<Record<string, unknown>>;
}

function readSpans({ resourceSpans }: Body): ReceivedSpan[] {
  return resourceSpans.flatMap(({ resource, scopeSpans }) =>
    scopeSpans.flatMap(({ spans }) =>
      spans.map((span) => ({
        resource: valuesOf(resource.attributes),
        ...{ name: span.name, traceId: span.traceId, spanId: span.spanId, parentSpanId: span.parentSpanId },
        startMs: msOf(span.startTimeUnixNano),
        endMs: msOf(span.endTimeUnixNano),
        attributes: valuesOf(span.attributes),
        events: span.events.map(({ name, attributes }) => ({ name, attributes: valuesOf(attributes) })),
        links: span.links.map(({ traceId, spanId }) => ({ traceId, spanId })),
        status: span.status,
      }))
    )
  );
}

function valuesOf(attributes: readonly Attribute[]): Record<string, unknown> {
  return Object.fromEntries(attributes.map(({ key, value }) => [key, Object.values(value)[0]]));
}

function msOf(nanoseconds: string): number {
  return Number(BigInt(nanoseconds) / 1_000_000n);
}
