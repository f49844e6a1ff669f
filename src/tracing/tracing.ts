/**
 * A session in OpenTelemetry: the trace that it belongs to, and its spans on their way to a collector. Without settings
 * for it, nothing is exported and the modules are not loaded.
 */

import type { ReadEvent, SessionEvent } from "../model/events.ts";
import type { LaunchSpec } from "../model/launch.ts";
import type { RegistryRecord } from "../model/session.ts";
import type { Platform } from "../platform/platform.ts";
import { type LedgerEntry, ledgerFromEnd } from "../store/ledger.ts";
import type { Paths } from "../store/paths.ts";
import type { SpanExport } from "./span_export.ts";
import type { Attributes, SpanBook, SpanBookOptions } from "./spans.ts";
import {
  formatTraceparent,
  parseTraceparent,
  readTraceSettings,
  type SpanRef,
  type TraceSettings,
} from "./trace_settings.ts";

const TRACE_ID_BYTES = 16;
const SPAN_ID_BYTES = 8;
/** How many ledger rows, from the end, are searched for the dispatch that gave this one. */
const PARENT_ROWS = 2_000;

export interface Tracing extends AsyncDisposable {
  /** the dispatch's span, as in `TRACEPARENT`, for the agent and the dispatches that it gives; and the span's parent */
  readonly row: { traceparent: string; parent_span_id?: string };
  take(event: SessionEvent): void;
}

type Warn = (trouble: unknown) => void;

export interface TracingDeps {
  platform: Platform;
  launch: LaunchSpec;
  paths: Paths;
  /** also the id of the span */
  sessionId: string;
  /** warns of trouble, once */
  warn: Warn;
}

/** Undefined when this session is not to be exported. Never throws. */
export async function openTracing(deps: TracingDeps): Promise<Tracing | undefined> {
  const { platform, launch, sessionId, warn } = deps;
  const settings = settingsOf(launch.env, warn);
  const given = parseTraceparent(launch.env["TRACEPARENT"]);
  // A trace that its first program does not record is not recorded here either, and the agent inherits that.
  if (settings === undefined || given?.sampled === false) return undefined;
  const dispatcher = await findDispatcher(deps).catch(() => undefined);
  const parent = given ?? dispatcher;
  const span = { traceId: parent?.traceId ?? platform.randomHex(TRACE_ID_BYTES), spanId: sessionId };
  const { book, sent } = await openBook({ platform, settings, warn }, {
    span,
    parentSpanId: parent?.spanId,
    links: dispatcher === undefined || dispatcher.spanId === parent?.spanId ? [] : [dispatcher],
    attributes: {
      ...attributesOf({ ...launch, session_id: sessionId, repo_root: launch.repoRoot }),
      ...attributesOf({ parent_dispatch_id: parentOf(launch) }),
      ...(launch.model === undefined ? {} : { "gen_ai.request.model": launch.model }),
    },
  });
  const above = parent === undefined ? {} : { parent_span_id: parent.spanId };
  return {
    row: { traceparent: formatTraceparent(span), ...above },
    take: (event) => sent.add(book.take({ ...event })),
    [Symbol.asyncDispose]: () => sent[Symbol.asyncDispose](),
  };
}

/** Exports the spans that a dead host left open. The last of the events is the `exited` event, which ends them. */
export async function exportLost(
  platform: Platform,
  { record, row, events }: { record: RegistryRecord; row: LedgerEntry; events: readonly ReadEvent[] },
): Promise<void> {
  const span = parseTraceparent(row.traceparent);
  if (span === undefined) return;
  // The command that finds a session lost is not the place for a warning about a collector.
  const warn = () => {};
  const settings = settingsOf(platform.env, warn);
  if (settings === undefined) return;
  const { book, sent } = await openBook({ platform, settings, warn }, {
    span,
    parentSpanId: row.parent_span_id,
    links: [],
    attributes: {
      ...attributesOf({ ...record }),
      ...attributesOf({ parent_dispatch_id: row.meta["parent_dispatch_id"] }),
    },
  });
  await using _sent = sent;
  sent.add(events.map((event) => book.take(event)).at(-1) ?? []);
}

/** Settings that harnex does not support give a warning, and nothing is exported. */
function settingsOf(env: Platform["env"], warn: Warn): TraceSettings | undefined {
  try {
    return readTraceSettings(env);
  } catch (error) {
    warn(error);
    return undefined;
  }
}

/** The spans of one dispatch, and their way to the collector. */
async function openBook(
  { platform, settings, warn }: { platform: Platform; settings: TraceSettings; warn: Warn },
  options: Omit<SpanBookOptions, "newSpanId">,
): Promise<{ book: SpanBook; sent: SpanExport }> {
  const { createSpanBook } = await import("./spans.ts");
  const { createSpanExport } = await import("./span_export.ts");
  const { encodeSpans } = await import("./otlp.ts");
  const { encoding } = settings;
  const resource = { "host.name": platform.system.hostname, "os.type": platform.system.os, ...settings.resource };
  return {
    book: createSpanBook({ ...options, newSpanId: () => platform.randomHex(SPAN_ID_BYTES) }),
    sent: createSpanExport({
      clock: platform.clock,
      settings,
      encode: (spans) => encodeSpans(spans, { encoding, resource }),
      warn,
    }),
  };
}

/** The span of the dispatch that gave this one, if the ledger has it. */
async function findDispatcher({ platform, launch, paths }: TracingDeps): Promise<SpanRef | undefined> {
  const id = parentOf(launch);
  if (id === undefined) return undefined;
  let rows = 0;
  for await (const row of ledgerFromEnd({ files: platform.files, paths }, {})) {
    if (row.id === id) return parseTraceparent(row.traceparent);
    if (++rows === PARENT_ROWS) break;
  }
  return undefined;
}

function parentOf({ meta, parentDispatchId }: LaunchSpec): string | undefined {
  const named = meta?.["parent_dispatch_id"];
  return typeof named === "string" ? named : parentDispatchId;
}

/** The attributes of a dispatch that are known before it begins, by the fields of its row. */
const KNOWN: Readonly<Record<string, string>> = {
  id: "harnex.id",
  session_id: "harnex.session_id",
  repo_root: "harnex.repo_root",
  description: "harnex.description",
  parent_dispatch_id: "harnex.parent_dispatch_id",
  cli: "gen_ai.agent.name",
};

function attributesOf(fields: Readonly<Record<string, unknown>>): Attributes {
  const named = Object.entries(KNOWN).map(([field, name]) => [name, fields[field]] as const);
  return Object.fromEntries(named.flatMap(([name, value]) => typeof value === "string" ? [[name, value]] : []));
}
