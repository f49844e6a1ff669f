/**
 * Reads from environment variables how to export traces, by the names of the OpenTelemetry specification, and which
 * trace a session belongs to (W3C Trace Context). Pure.
 */

import { HarnexError } from "../model/errors.ts";
import { VERSION } from "../model/version.ts";

type Env = Readonly<Record<string, string | undefined>>;
type Texts = Readonly<Record<string, string>>;

export interface TraceSettings {
  endpoint: string;
  headers: Texts;
  encoding: "json" | "protobuf";
  /** how long one request may take */
  timeoutMs: number;
  /** how long a finished span may wait for others */
  delayMs: number;
  /** the attributes of the program that sends the spans */
  resource: Texts;
}

/** One span of one trace. */
export interface SpanRef {
  traceId: string;
  spanId: string;
}

/** Undefined when nothing is to be exported. Throws HarnexError("invalid") for settings that harnex does not support. */
export function readTraceSettings(env: Env): TraceSettings | undefined {
  const setting = (name: string) => env[name] === "" ? undefined : env[name];
  const ofTraces = (name: string) =>
    setting(`OTEL_EXPORTER_OTLP_TRACES_${name}`) ?? setting(`OTEL_EXPORTER_OTLP_${name}`);
  const base = setting("OTEL_EXPORTER_OTLP_ENDPOINT");
  const endpoint = setting("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT") ??
    (base === undefined ? undefined : `${base.replace(/\/+$/, "")}/v1/traces`);
  const isOff = setting("OTEL_SDK_DISABLED")?.toLowerCase() === "true" || setting("OTEL_TRACES_EXPORTER") === "none";
  if (endpoint === undefined || isOff) return undefined;
  if (!/^https?:\/\/[^/]/.test(endpoint) || !URL.canParse(endpoint)) {
    throw new HarnexError("invalid", "the endpoint is no http or https address; see OTEL_EXPORTER_OTLP_ENDPOINT");
  }
  return {
    endpoint,
    headers: {
      ...listIn(setting("OTEL_EXPORTER_OTLP_HEADERS")),
      ...listIn(setting("OTEL_EXPORTER_OTLP_TRACES_HEADERS")),
    },
    encoding: encodingOf(ofTraces("PROTOCOL") ?? "http/protobuf"),
    timeoutMs: milliseconds(ofTraces("TIMEOUT")) ?? 10_000,
    delayMs: milliseconds(setting("OTEL_BSP_SCHEDULE_DELAY")) ?? 5_000,
    resource: {
      "service.name": "harnex",
      "service.version": VERSION,
      ...listIn(setting("OTEL_RESOURCE_ATTRIBUTES")),
      ...(setting("OTEL_SERVICE_NAME") === undefined ? {} : { "service.name": setting("OTEL_SERVICE_NAME") ?? "" }),
    },
  };
}

function encodingOf(protocol: string): TraceSettings["encoding"] {
  if (protocol === "http/json") return "json";
  if (protocol === "http/protobuf") return "protobuf";
  throw new HarnexError(
    "invalid",
    `OTEL_EXPORTER_OTLP_PROTOCOL is ${JSON.stringify(protocol)}; harnex has http/protobuf and http/json`,
  );
}

/** `a=1,b=2`, with percent-encoded values. */
function listIn(text: string | undefined): Texts {
  const pairs = (text ?? "").split(",").map((pair) => /^\s*([^=]*?)\s*=(.*)$/s.exec(pair));
  return Object.fromEntries(pairs.flatMap((pair) => pair?.[1] ? [[pair[1], decoded(pair[2]?.trim() ?? "")]] : []));
}

function decoded(value: string): string {
  try {
    return decodeURIComponent(value);
  } catch {
    return value; // a bare percent sign stands for itself
  }
}

function milliseconds(text: string | undefined): number | undefined {
  const value = Number(text);
  return text !== undefined && Number.isFinite(value) && value > 0 ? value : undefined;
}

/** Parses `TRACEPARENT`; undefined when it is not valid. */
export function parseTraceparent(text: string | undefined): SpanRef & { sampled: boolean } | undefined {
  const [, version, traceId, spanId, flags, more] =
    /^([0-9a-f]{2})-([0-9a-f]{32})-([0-9a-f]{16})-([0-9a-f]{2})(-.*)?$/.exec(text?.trim() ?? "") ?? [];
  if (traceId === undefined || spanId === undefined || flags === undefined || version === "ff") return undefined;
  if (/^0+$/.test(traceId) || /^0+$/.test(spanId) || (version === "00" && more !== undefined)) return undefined;
  return { traceId, spanId, sampled: (Number.parseInt(flags, 16) & 1) === 1 };
}

export function formatTraceparent({ traceId, spanId }: SpanRef): string {
  return `00-${traceId}-${spanId}-01`;
}
