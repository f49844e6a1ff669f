/**
 * A session's events as spans: one for the dispatch, one for each turn, one for each state it was in. Pure: the events
 * say what happened and when, so they may also come from the log of a lost session. No text of a message, a question
 * or a command gets into a span.
 */

import type { ReadEvent } from "../model/events.ts";
import { fieldsOf, numberOf, textOf } from "../text/json.ts";
import { firstCharacters } from "../text/visible.ts";
import { PASSTHROUGH } from "../model/launch.ts";
import type { SpanRef } from "./trace_settings.ts";

/** OpenTelemetry's own SDK keeps as many events of one span. */
const HAPPENING_LIMIT = 128;
/** Characters of a text attribute: enough for every id and word of harnex. */
const TEXT_LIMIT = 256;

export type Attributes = Readonly<Record<string, string | number | boolean>>;

export interface Span extends SpanRef {
  name: string;
  parentSpanId?: string | undefined;
  links: readonly SpanRef[];
  startMs: number;
  endMs: number;
  attributes: Attributes;
  events: readonly { name: string; atMs: number; attributes: Attributes }[];
  droppedEvents: number;
  status: { kind: "unset" } | { kind: "ok" } | { kind: "error"; message: string };
}

export interface SpanBookOptions {
  /** the dispatch's own span */
  span: SpanRef;
  parentSpanId?: string | undefined;
  links: readonly SpanRef[];
  /** the attributes of the dispatch that are known before it begins */
  attributes: Attributes;
  newSpanId: () => string;
}

export interface SpanBook {
  /** Takes the next event; gives the spans that it ends. */
  take(event: ReadEvent): Span[];
}

/** The events besides turns and states that a dispatch's span shows, each with these fields. */
const HAPPENINGS: Readonly<Record<string, readonly string[]>> = {
  send: ["message_id", "forced", "evidence"],
  queued: ["message_id"],
  expired: ["message_id"],
  failed: ["message_id", "status"],
  dropped: ["message_id"],
  blocked: ["on", "source"],
  answered: ["on", "by"],
  approval: ["kind", "decision", "by"],
  compaction: [],
  disconnected: ["source"],
  stop_requested: ["signal", "by"],
  log_idle: ["idle_s"],
  resume: ["attempt", "max"],
  log_active: [],
};

/** The token counts of a turn or a dispatch, by their attributes. */
const USAGE_FACTS: Readonly<Record<string, string>> = {
  input_tokens: "gen_ai.usage.input_tokens",
  output_tokens: "gen_ai.usage.output_tokens",
  reasoning_tokens: "harnex.usage.reasoning_tokens",
  cached_tokens: "harnex.usage.cached_tokens",
  agent_session_id: "gen_ai.conversation.id",
};

const TURN_FACTS: Readonly<Record<string, string>> = {
  turnId: "harnex.turn_id",
  message_id: "harnex.message_id",
  source: "harnex.source",
};

/** The fields of these events that are attributes of the dispatch. */
const FACTS: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  git: {
    branch: "harnex.branch",
    loc_added: "harnex.loc_added",
    loc_removed: "harnex.loc_removed",
    files_changed: "harnex.files_changed",
    commits: "harnex.commits",
  },
  usage: USAGE_FACTS,
  exited: { code: "harnex.exit_code", signal: "harnex.signal", reason: "harnex.reason" },
};

export function createSpanBook(options: SpanBookOptions): SpanBook {
  const happenings = createHappenings();
  /** undefined until the dispatch began */
  let startMs: number | undefined;
  let attributes = options.attributes;
  let turn: Span | undefined;
  let state: Span | undefined;

  const begin = (name: string, own: Attributes, atMs: number) =>
    childOf(options.span, { spanId: options.newSpanId(), name, attributes: own, startMs: atMs });

  /** Ends everything that is open, and the dispatch with it. */
  function endAll(event: ReadEvent, atMs: number): Span[] {
    const status = dispatchStatus(event);
    const ended = [...endSpan(state, { endMs: atMs }), ...endSpan(turn, { endMs: atMs, status })];
    if (startMs === undefined) return ended;
    const { span, parentSpanId, links } = options;
    const dispatch = { ...span, parentSpanId, links, name: "dispatch", attributes, status };
    return [...ended, { ...dispatch, startMs, endMs: atMs, ...happenings.all() }];
  }

  function take(event: ReadEvent, atMs: number): Span[] {
    switch (event.type) {
      case "started":
        startMs = atMs;
        state = begin("state unknown", { "harnex.state": "unknown" }, atMs);
        return [];
      case "state": {
        const to = textOf(event["to"]) ?? "unknown";
        const ended = endSpan(state, { endMs: atMs });
        state = to === "exited" ? undefined : begin(`state ${to}`, stateAttributes(event, to), atMs);
        return ended;
      }
      case "turn_started": {
        const ended = endSpan(turn, { endMs: atMs });
        turn = begin("turn", picked(event, TURN_FACTS), atMs);
        return ended;
      }
      case "task_complete":
      case "task_failed": {
        const ended = endSpan(turn, { endMs: atMs, ...turnEnd(event, turn) });
        turn = undefined;
        return ended;
      }
      case "exited":
        return endAll(event, atMs);
      default:
        return [];
    }
  }

  return {
    take(event) {
      const atMs = Date.parse(event.ts);
      attributes = { ...attributes, ...dispatchAttributes(event) };
      happenings.note(event, atMs);
      return take(event, atMs);
    },
  };
}

/** A span that is open: its end is not known yet. */
function childOf(parent: SpanRef, span: Pick<Span, "spanId" | "name" | "attributes" | "startMs">): Span {
  return {
    ...span,
    ...{ traceId: parent.traceId, parentSpanId: parent.spanId, links: [], endMs: span.startMs },
    ...{ events: [], droppedEvents: 0, status: { kind: "unset" } },
  };
}

function endSpan(open: Span | undefined, end: Partial<Span>): Span[] {
  return open === undefined ? [] : [{ ...open, ...end }];
}

function stateAttributes(event: ReadEvent, state: string): Attributes {
  return { "harnex.state": state, ...picked(event, { source: "harnex.source" }) };
}

function turnEnd(event: ReadEvent, turn: Span | undefined): Pick<Span, "attributes" | "status"> {
  return {
    attributes: {
      ...turn?.attributes,
      ...picked(event, { status: "harnex.turn_status" }),
      ...picked(fieldsOf(event["tokenUsage"]), USAGE_FACTS),
    },
    status: event.type === "task_complete"
      ? { kind: "ok" }
      : { kind: "error", message: textOf(event["status"]) ?? "failed" },
  };
}

function dispatchStatus(event: ReadEvent): Span["status"] {
  const reason = textOf(event["reason"]) ?? "";
  switch (reason) {
    case "success":
      return { kind: "ok" };
    case "stopped":
      return { kind: "unset" }; // a stop in the middle of a turn is no failure, and no success either
    default:
      return { kind: "error", message: reason };
  }
}

/** What this event adds to the dispatch's attributes. */
function dispatchAttributes(event: ReadEvent): Attributes {
  const facts = picked(event, FACTS[event.type] ?? {});
  if (event.type !== "started") return facts;
  const passed = Object.fromEntries(PASSTHROUGH.map((key) => [key, `harnex.${key}`]));
  return { ...facts, ...picked(fieldsOf(event["meta"]), passed) };
}

/** Keeps the dispatch's happenings, as many as a span may have, and counts the others. */
function createHappenings(): {
  note(event: ReadEvent, atMs: number): void;
  all(): Pick<Span, "events" | "droppedEvents">;
} {
  const events: Span["events"][number][] = [];
  let droppedEvents = 0;
  return {
    note(event, atMs) {
      const fields = HAPPENINGS[event.type];
      if (fields === undefined) return;
      if (events.length >= HAPPENING_LIMIT) return void droppedEvents++;
      const named = Object.fromEntries(fields.map((field) => [field, `harnex.${field}`]));
      events.push({ name: event.type, atMs, attributes: picked(event, named) });
    },
    all: () => ({ events, droppedEvents }),
  };
}

/** The fields that have a plain value, under their new names. */
function picked(fields: Readonly<Record<string, unknown>>, names: Readonly<Record<string, string>>): Attributes {
  const found: Record<string, string | number | boolean> = {};
  for (const [field, name] of Object.entries(names)) {
    const value = fields[field];
    if (typeof value === "string") found[name] = firstCharacters(value, TEXT_LIMIT);
    else if (typeof value === "boolean") found[name] = value;
    else if (numberOf(value) !== undefined) found[name] = numberOf(value) ?? 0;
  }
  return found;
}
