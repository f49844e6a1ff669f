/**
 * Events as spans, the settings in the environment, and how spans wait for their collector.
 */

import type { ReadEvent } from "../../src/model/events.ts";
import { encodeSpans } from "../../src/tracing/otlp.ts";
import { createSpanExport } from "../../src/tracing/span_export.ts";
import { createSpanBook, type Span } from "../../src/tracing/spans.ts";
import { parseTraceparent, readTraceSettings, type TraceSettings } from "../../src/tracing/trace_settings.ts";
import { deepEqual, equal, match } from "../support/assert.ts";
import { startCollector } from "../support/collector.ts";
import { REAL_CLOCK } from "../support/real_clock.ts";
import { until } from "../support/until.ts";

const SPAN = { traceId: "1".repeat(32), spanId: "2".repeat(16) };
const START = Date.UTC(2026, 0, 1);

/** The spans of these events, a second apart, after a `started`. */
function spansOf(...bodies: ({ type: string } & Record<string, unknown>)[]): Span[] {
  let ids = 0;
  const book = createSpanBook({ span: SPAN, links: [], attributes: { "harnex.id": "w" }, newSpanId: () => `${++ids}` });
  return [{ type: "started", meta: { chain_id: "c", secret: "s", tier: { deep: 1 } } }, ...bodies].flatMap(
    (body, seq) => {
      const ts = new Date(START + seq * 1_000).toISOString();
      const event: ReadEvent = { schema_version: 1, seq: seq + 1, ts, id: "w", session_id: SPAN.spanId, ...body };
      return book.take(event);
    },
  );
}

const brief = (spans: readonly Span[]) =>
  spans.map((
    { name, startMs, endMs, status },
  ) => [name, (startMs - START) / 1_000, (endMs - START) / 1_000, status.kind]);

Deno.test("spanBook.take() ends with `exited` whatever is open", () => {
  const spans = spansOf(
    { type: "state", from: "unknown", to: "busy", source: "screen" },
    { type: "turn_started", source: "hook", message_id: "m" },
    { type: "task_failed", source: "hook", status: "interrupted", error: "what the agent said" },
    { type: "turn_started", source: "hook" },
    { type: "usage", input_tokens: 7, output_tokens: null },
    { type: "exited", code: 137, signal: 9, reason: "disconnected" },
  );
  deepEqual(brief(spans), [
    ["state unknown", 0, 1, "unset"],
    ["turn", 2, 3, "error"],
    ["state busy", 1, 6, "unset"],
    ["turn", 4, 6, "error"],
    ["dispatch", 0, 6, "error"],
  ]);
  deepEqual(spans.at(-1)?.attributes, {
    "harnex.id": "w",
    "harnex.chain_id": "c",
    "gen_ai.usage.input_tokens": 7,
    "harnex.exit_code": 137,
    "harnex.signal": 9,
    "harnex.reason": "disconnected",
  });
  equal(JSON.stringify(spans).includes("what the agent said"), false);
});

Deno.test("spanBook.take() judges a dispatch by its reason, and keeps a limited number of its events", () => {
  const blocked = { type: "blocked", on: "permission", source: "hook", detail: "rm -rf /", choices: ["yes"] };
  for (const [reason, kind] of [["success", "ok"], ["stopped", "unset"], ["timeout", "error"], ["lost", "error"]]) {
    const dispatch = spansOf(...Array.from({ length: 130 }, () => blocked), { type: "exited", code: 0, reason }).at(-1);
    deepEqual([dispatch?.status.kind, dispatch?.events.length, dispatch?.droppedEvents], [kind, 128, 2]);
    deepEqual(dispatch?.events[0]?.attributes, { "harnex.on": "permission", "harnex.source": "hook" });
  }
});

Deno.test("readTraceSettings() follows the specification's names, and refuses what it does not support", () => {
  const endpoint = "http://c:4318/";
  const read = (env: Record<string, string>) => readTraceSettings({ OTEL_EXPORTER_OTLP_ENDPOINT: endpoint, ...env });
  deepEqual([read({})?.endpoint, read({})?.encoding, read({})?.resource["service.name"]], [
    "http://c:4318/v1/traces",
    "protobuf",
    "harnex",
  ]);
  equal(read({ OTEL_EXPORTER_OTLP_TRACES_ENDPOINT: "https://t/x" })?.endpoint, "https://t/x");
  deepEqual(
    read({ OTEL_EXPORTER_OTLP_HEADERS: "a=1,,=no,b = x%3Dy%,c", OTEL_EXPORTER_OTLP_TRACES_HEADERS: "a=2" })?.headers,
    { a: "2", b: "x%3Dy%" },
  );
  equal(read({ OTEL_EXPORTER_OTLP_TRACES_PROTOCOL: "http/json" })?.encoding, "json");
  deepEqual([
    read({ OTEL_EXPORTER_OTLP_TIMEOUT: "soon" })?.timeoutMs,
    read({ OTEL_EXPORTER_OTLP_TIMEOUT: "7" })?.timeoutMs,
  ], [
    10_000,
    7,
  ]);
  const offs: Record<string, string>[] = [
    { OTEL_SDK_DISABLED: "true" },
    { OTEL_TRACES_EXPORTER: "none" },
    { OTEL_EXPORTER_OTLP_ENDPOINT: "" },
  ];
  for (const off of offs) equal(read(off), undefined);
  for (const bad of ["localhost:4318", "ftp://c", "http://", "http://[c"]) {
    match(whyNot(() => read({ OTEL_EXPORTER_OTLP_ENDPOINT: bad })), /no http or https address/);
  }
  match(whyNot(() => read({ OTEL_EXPORTER_OTLP_PROTOCOL: "grpc" })), /http\/protobuf and http\/json/);
});

Deno.test("parseTraceparent() takes a valid one, and nothing else", () => {
  const [trace, span] = ["1".repeat(32), "2".repeat(16)];
  deepEqual(parseTraceparent(`00-${trace}-${span}-01`), { traceId: trace, spanId: span, sampled: true });
  equal(parseTraceparent(`00-${trace}-${span}-02`)?.sampled, false);
  equal(parseTraceparent(`cc-${trace}-${span}-01-what-comes`)?.spanId, span);
  const bad = [
    `00-${trace}-${span}-01-x`,
    `ff-${trace}-${span}-01`,
    `00-${"0".repeat(32)}-${span}-01`,
    `00-${trace}-${"0".repeat(16)}-01`,
    `00-${trace.toUpperCase().replaceAll("1", "A")}-${span}-01`,
    "",
    undefined,
  ];
  for (const text of bad) equal(parseTraceparent(text), undefined, text);
});

Deno.test("encodeSpans() says the same in both encodings", async () => {
  const spans = spansOf({ type: "exited", code: 0, reason: "success" });
  const resource = { "service.name": "harnex" };
  const [json, protobuf] = await Promise.all(
    (["json", "protobuf"] as const).map((encoding) => encodeSpans(spans, { encoding, resource })),
  );
  const text = new TextDecoder().decode(json);
  const binary = new TextDecoder("latin1").decode(protobuf);
  for (const word of ["service.name", "harnex.reason", "success", "state unknown", "dispatch"]) {
    deepEqual([word, text.includes(word), binary.includes(word)], [word, true, true]);
  }
  const nanoseconds = new Uint8Array(8);
  new DataView(nanoseconds.buffer).setBigUint64(0, BigInt(START + 1_000) * 1_000_000n, true);
  equal(text.includes(`"endTimeUnixNano":"${START + 1_000}000000"`), true);
  equal(binary.includes(new TextDecoder("latin1").decode(nanoseconds)), true);
});

Deno.test("a span export keeps no more than its queue while the collector is away, and sends all of that at the end", async () => {
  await using collector = startCollector((request) => request === 0 ? 503 : 200);
  const settings: TraceSettings = {
    ...{ endpoint: `${collector.url}/v1/traces`, headers: {}, encoding: "json", timeoutMs: 10_000, delayMs: 1 },
    resource: {},
  };
  const [span] = spansOf({ type: "exited", code: 0, reason: "success" });
  const troubles: unknown[] = [];
  {
    await using sent = createSpanExport({
      clock: REAL_CLOCK,
      settings: { ...settings, delayMs: 1 },
      encode: (spans) => encodeSpans(spans, settings),
      warn: (trouble) => troubles.push(trouble),
    });
    if (span === undefined) throw new Error("there is no span");
    for (let index = 0; index < 3_000; index++) sent.add([{ ...span, name: String(index) }]);
    await until(10_000, () => collector.spans.length > 0 ? true : undefined, "the first spans");
  }
  deepEqual(collector.spans.map(({ name }) => Number(name)), Array.from({ length: 2_048 }, (_, index) => index + 952));
  equal(troubles.length, 1);
});

function whyNot(read: () => unknown): string {
  try {
    return `it gave ${JSON.stringify(read())}`;
  } catch (error) {
    return String(error);
  }
}
