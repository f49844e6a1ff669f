/** Spans as an OTLP request, by OpenTelemetry's own encoder, which is loaded for the first batch. */

import type { Attributes, Span } from "./spans.ts";
import type { TraceSettings } from "./trace_settings.ts";
import { VERSION } from "../model/version.ts";

/** Values of OpenTelemetry's enumerations. */
const INTERNAL = 0;
const SAMPLED = 1;
const STATUS = { unset: 0, ok: 1, error: 2 } as const;

export async function encodeSpans(
  spans: readonly Span[],
  { encoding, resource }: Pick<TraceSettings, "encoding"> & { resource: Attributes },
): Promise<Uint8Array<ArrayBuffer>> {
  const { JsonTraceSerializer, ProtobufTraceSerializer } = await import("@opentelemetry/otlp-transformer");
  const { resourceFromAttributes } = await import("@opentelemetry/resources");
  const serializer = encoding === "json" ? JsonTraceSerializer : ProtobufTraceSerializer;
  const source = resourceFromAttributes(resource);
  const bytes = serializer.serializeRequest(spans.map((span) => {
    const context = (spanId: string, traceId = span.traceId) => ({ traceId, spanId, traceFlags: SAMPLED });
    return {
      name: span.name,
      kind: INTERNAL,
      spanContext: () => context(span.spanId),
      ...(span.parentSpanId === undefined ? {} : { parentSpanContext: context(span.parentSpanId) }),
      startTime: timeOf(span.startMs),
      endTime: timeOf(span.endMs),
      duration: timeOf(span.endMs - span.startMs),
      ended: true,
      status: {
        code: STATUS[span.status.kind],
        ...(span.status.kind === "error" ? { message: span.status.message } : {}),
      },
      attributes: span.attributes,
      links: span.links.map(({ traceId, spanId }) => ({ context: context(spanId, traceId) })),
      events: span.events.map(({ name, atMs, attributes }) => ({ name, time: timeOf(atMs), attributes })),
      resource: source,
      instrumentationScope: { name: "harnex", version: VERSION },
      droppedAttributesCount: 0,
      droppedEventsCount: span.droppedEvents,
      droppedLinksCount: 0,
    };
  }));
  return new Uint8Array(bytes ?? []);
}

/** Seconds and nanoseconds. */
function timeOf(ms: number): [number, number] {
  return [Math.floor(ms / 1_000), Math.round((ms % 1_000) * 1e6)];
}
