/**
 * A session's events as spans: one for the dispatch, one for each turn, one for each state it was in. Pure: what
 * happened and when is in the events, which may also be read back from the log of a session that was lost. No text of
 * a message, a question or a command gets into a span.
 */

import type { ReadEvent } from "../model/events.ts";
import { fieldsOf, numberOf, textOf } from "../text/json.ts";
import { firstCharacters } from "../text/visible.ts";
import { PASSTHROUGH } from "../model/launch.ts";
import type { SpanRef } from "./trace_settings.ts";

/** As many happenings as OpenTelemetry's own SDK keeps of one span. */
const HAPPENING_LIMIT = 128;
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
  /** what is known of the dispatch before it begins */
  attributes: Attributes;
  newSpanId: () => string;
}

export interface SpanBook {
  /** Gives the spans that this event ends. */
  take(event: ReadEvent): Span[];
}

/** What happens to a session besides turns and states: told with these of its fields. */
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

/** The attributes of the dispatch that these events tell. */
const FACTS: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  git: {
    branch: "harnex.branch",
    loc_added: "harnex.loc_added",
    loc_removed: "harnex.loc_removed",
    files_changed: "harnex.files_changed",
    commits: "harnex.commits",
  },
  usage: {
    input_tokens: "gen_ai.usage.input_tokens",
    output_tokens: "gen_ai.usage.output_tokens",
    reasoning_tokens: "harnex.usage.reasoning_tokens",
    cached_tokens: "harnex.usage.cached_tokens",
    agent_session_id: "gen_ai.conversation.id",
  },
  exited: { code: "harnex.exit_code", signal: "harnex.signal", reason: "harnex.reason" },
};

export function createSpanBook(options: SpanBookOptions): SpanBook {
  const { span } = options;
  /** undefined until it began */
  let startMs: number | undefined;
  let attributes = options.attributes;
  const events: Span["events"][number][] = [];
  let droppedEvents = 0;
  let turn: Span | undefined;
  let state: Span | undefined;

  function begin(name: string, atMs: number, told: Attributes): Span {
    const ids = { traceId: span.traceId, spanId: options.newSpanId(), parentSpanId: span.spanId };
    return {
      ...{ ...ids, name, links: [], startMs: atMs, endMs: atMs, attributes: told, events: [], droppedEvents: 0 },
      status: { kind: "unset" },
    };
  }

  const end = (one: Span | undefined, ended: Partial<Span>): Span[] => one === undefined ? [] : [{ ...one, ...ended }];

  function endTurn(event: ReadEvent, atMs: number): Span[] {
    const usage = fieldsOf(event["tokenUsage"]);
    const told = {
      ...turn?.attributes,
      ...picked(event, { status: "harnex.turn_status" }),
      ...picked(usage, FACTS["usage"] ?? {}),
    };
    const status: Span["status"] = event.type === "task_complete"
      ? { kind: "ok" }
      : { kind: "error", message: textOf(event["status"]) ?? "failed" };
    const ended = end(turn, { endMs: atMs, attributes: told, status });
    turn = undefined;
    return ended;
  }

  function endAll(event: ReadEvent, atMs: number): Span[] {
    const reason = textOf(event["reason"]) ?? "";
    const failed: Span["status"] = { kind: "error", message: reason };
    // Asked to stop in mid-turn is no failure, and no success either.
    const status: Span["status"] = reason === "success"
      ? { kind: "ok" }
      : reason === "stopped"
      ? { kind: "unset" }
      : failed;
    const ended = [
      ...end(state, { endMs: atMs }),
      ...end(turn, { endMs: atMs, status }),
      ...(startMs === undefined ? [] : [{
        ...{ ...span, parentSpanId: options.parentSpanId, links: options.links, name: "dispatch" },
        ...{ startMs, endMs: atMs, attributes, events, droppedEvents, status },
      }]),
    ];
    state = turn = undefined;
    return ended;
  }

  return {
    take(event) {
      const atMs = Date.parse(event.ts);
      attributes = { ...attributes, ...picked(event, FACTS[event.type] ?? {}) };
      const shown = HAPPENINGS[event.type];
      if (shown !== undefined && events.length >= HAPPENING_LIMIT) droppedEvents++;
      else if (shown !== undefined) {
        const named = Object.fromEntries(shown.map((field) => [field, `harnex.${field}`]));
        events.push({ name: event.type, atMs, attributes: picked(event, named) });
      }
      switch (event.type) {
        case "started": {
          startMs = atMs;
          const named = Object.fromEntries(PASSTHROUGH.map((key) => [key, `harnex.${key}`]));
          attributes = { ...attributes, ...picked(fieldsOf(event["meta"]), named) };
          state = begin("state unknown", atMs, { "harnex.state": "unknown" });
          return [];
        }
        case "state": {
          const to = textOf(event["to"]) ?? "unknown";
          const ended = end(state, { endMs: atMs });
          const told = { "harnex.state": to, ...picked(event, { source: "harnex.source" }) };
          state = to === "exited" ? undefined : begin(`state ${to}`, atMs, told);
          return ended;
        }
        case "turn_started": {
          const ended = end(turn, { endMs: atMs });
          const named = { turnId: "harnex.turn_id", message_id: "harnex.message_id", source: "harnex.source" };
          turn = begin("turn", atMs, picked(event, named));
          return ended;
        }
        case "task_complete":
        case "task_failed":
          return endTurn(event, atMs);
        case "exited":
          return endAll(event, atMs);
        default:
          return [];
      }
    },
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
