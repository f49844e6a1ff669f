/**
 * The vocabulary of the API's schemas, and the answers that have a type in the model. `describes` keeps schema and
 * type the same: a field that is added, removed, retyped or made optional in one of them alone does not compile.
 */

import * as v from "valibot";
import type { EventEnvelope } from "../../model/events.ts";
import { MESSAGE_STEPS, type MessageRow } from "../../model/message.ts";
import type { StatusPayload } from "../../model/session.ts";
import { SIGNAL_SOURCES } from "../../model/signal.ts";
import type { Explanation } from "../turn/explain.ts";

export const TEXT = v.string();
export const WHOLE = v.pipe(v.number(), v.integer());
export const NUMBER = v.number();
export const FLAG = v.boolean();
export const YES = v.literal(true);
export const NO = v.literal(false);
export const ANYTHING = v.record(v.string(), v.unknown());
const TIME = v.pipe(v.string(), v.isoTimestamp());

export function list<S extends v.GenericSchema>(item: S) {
  return v.pipe(v.array(item), v.readonly());
}

export function about<S extends v.GenericSchema>(meaning: string, schema: S) {
  return v.pipe(schema, v.description(meaning));
}

/** A schema with a name, by which the OpenAPI document refers to it. */
export function named<S extends v.GenericSchema>(name: string, schema: S) {
  return v.pipe(schema, v.title(name));
}

export function object<E extends v.ObjectEntries>(name: string, fields: E) {
  return named(name, v.object(fields));
}

/** An optional field. A value of the wrong type counts as absent. */
export function lenient<S extends v.GenericSchema>(schema: S) {
  return v.fallback(v.optional(schema), undefined);
}

/** A query parameter that is a whole number. */
export function whole(least: number, problem: string) {
  const number = v.pipe(v.number(problem), v.integer(problem), v.safeInteger(problem), v.minValue(least, problem));
  return v.pipe(v.string(), v.transform(Number), number);
}

/** One type in one spelling: every field readonly, intersections merged. */
type Plain<T> = T extends object ? { readonly [K in keyof T]: Plain<T[K]> } : T;
type IsSame<A, B> = (<X>() => X extends Plain<A> ? 1 : 2) extends (<X>() => X extends Plain<B> ? 1 : 2) ? true : false;

/** Gives the schema back. Compiles only when what the schema describes is exactly T. */
export function describes<T>() {
  return <S extends v.GenericSchema>(
    schema: S & (IsSame<v.InferOutput<S>, T> extends true ? unknown : { differsFrom: T }),
  ): S => schema;
}

const AGENT_STATE = v.picklist(["unknown", "prompt", "busy", "blocked", "exited"]);
const SOURCE = v.picklist(SIGNAL_SOURCES);
const STEP = v.picklist(MESSAGE_STEPS);
const QUESTION = v.object({
  on: v.picklist(["trust", "login", "permission", "question", "choice"]),
  detail: TEXT,
  choices: v.optional(list(TEXT)),
});
export const INPUT_STATE = v.object({ state: TEXT, input_ready: v.nullable(FLAG) });
const TOKENS = v.nullable(WHOLE);

export const Status = named(
  "Status",
  describes<StatusPayload>()(v.object({
    ok: YES,
    session_id: TEXT,
    repo_root: TEXT,
    repo_key: TEXT,
    cli: TEXT,
    id: TEXT,
    pid: about("the agent's", WHOLE),
    host_pid: WHOLE,
    host: TEXT,
    port: WHOLE,
    command: list(TEXT),
    started_at: TIME,
    last_injected_at: v.nullable(TIME),
    injected_count: WHOLE,
    output_log_path: TEXT,
    events_log_path: TEXT,
    log_mtime: v.nullable(TIME),
    log_idle_s: v.nullable(NUMBER),
    description: v.optional(TEXT),
    watch_path: v.optional(TEXT),
    watch_absolute_path: v.optional(TEXT),
    watch_debounce_seconds: v.optional(NUMBER),
    input_state: INPUT_STATE,
    agent_state: AGENT_STATE,
    inbox: v.object({ pending: WHOLE, delivered_total: WHOLE, expired_total: WHOLE }),
    last_completed_at: v.nullable(TIME),
    model: v.nullable(TEXT),
    effort: v.nullable(TEXT),
    auto_disconnects: WHOLE,
    transport: v.picklist(["pty", "stdio_jsonrpc"]),
    version: TEXT,
    usage: v.optional(v.object({
      input_tokens: TOKENS,
      output_tokens: TOKENS,
      reasoning_tokens: TOKENS,
      cached_tokens: TOKENS,
      total_tokens: TOKENS,
    })),
    thread_id: v.optional(about("the agent's own session id", TEXT)),
    facts: v.optional(ANYTHING),
    undelivered: v.optional(list(v.object({
      message_id: TEXT,
      session_id: TEXT,
      step: STEP,
      queued_at: TIME,
      text_preview: TEXT,
      error: TEXT,
    }))),
    blocked: v.optional(about("the open question", QUESTION)),
  })),
);

export const Message = named(
  "Message",
  describes<MessageRow>()(v.object({
    id: TEXT,
    status: v.picklist(["queued", "delivered", "failed", "expired", "dropped", "typed_not_submitted"]),
    step: STEP,
    queued_at: TIME,
    delivered_at: v.nullable(TIME),
    text_preview: TEXT,
    error: v.nullable(TEXT),
    bytes_written: v.optional(WHOLE),
    evidence: v.optional(TEXT),
    key: v.optional(TEXT),
    steps: list(v.object({ step: STEP, at: TIME, evidence: v.optional(TEXT) })),
  })),
);

export const Explained = named(
  "Explanation",
  describes<{ ok: true } & Explanation>()(v.object({
    ok: YES,
    agent_state: AGENT_STATE,
    input_state: TEXT,
    since: TIME,
    source: SOURCE,
    turn: v.nullable(v.object({
      message_id: v.optional(TEXT),
      turn_id: v.optional(TEXT),
      since: TIME,
      source: SOURCE,
      expected: FLAG,
    })),
    blocked: v.nullable(QUESTION),
    evidence: list(v.object({ source: SOURCE, says: TEXT, since: TIME, last: TIME, agrees: FLAG })),
    screen: list(TEXT),
  })),
);

const ENVELOPE = describes<EventEnvelope>()(v.object({
  schema_version: WHOLE,
  seq: WHOLE,
  ts: TIME,
  id: TEXT,
  session_id: TEXT,
}));
export const SessionEvent = named(
  "SessionEvent",
  about(
    "One event. `harnex guide events` has the fields of each type.",
    v.looseObject({ ...ENVELOPE.entries, type: TEXT }),
  ),
);

export const Failure = object("Error", { ok: NO, error: TEXT });
