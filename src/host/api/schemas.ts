/**
 * What the bodies and answers of a session's API look like, as JSON Schema. Those that have a type in the code are
 * written against it: a field that is added, removed or made optional there does not compile here. Data only.
 */

import type { ReadEvent } from "../../model/events.ts";
import type { MessageRow, TakenStep, UndeliveredMessage } from "../../model/message.ts";
import type { InputState, StatusPayload } from "../../model/session.ts";
import { MESSAGE_STEPS } from "../../model/message.ts";
import { SIGNAL_SOURCES } from "../../model/signal.ts";
import type { UsageFields } from "../../model/usage.ts";
import type { EvidenceRow, Explanation } from "../turn/explain.ts";

export type Schema = Readonly<Record<string, unknown>>;

interface Optional {
  readonly optional: Schema;
}

type Fields<T> = { readonly [K in keyof T]-?: Record<never, never> extends Pick<T, K> ? Optional : Schema };

const TEXT: Schema = { type: "string" };
const WHOLE: Schema = { type: "integer" };
const NUMBER: Schema = { type: "number" };
const FLAG: Schema = { type: "boolean" };
const TIME: Schema = { type: "string", format: "date-time" };
const ANYTHING: Schema = { type: "object", additionalProperties: true };
const YES: Schema = { type: "boolean", enum: [true] };
const NO: Schema = { type: "boolean", enum: [false] };

const words = (...choices: readonly string[]): Schema => ({ type: "string", enum: choices });
const list = (items: Schema): Schema => ({ type: "array", items });
const orNull = (schema: Schema): Schema => ({ anyOf: [schema, { type: "null" }] });
const optional = (schema: Schema): Optional => ({ optional: schema });
const ref = (name: SchemaName): Schema => ({ $ref: `#/components/schemas/${name}` });
const about = (description: string, schema: Schema): Schema => ({ ...schema, description });

/** As the type T has them. */
function object<T>(fields: Fields<T>): Schema {
  return shape(fields);
}

function shape(fields: Readonly<Record<string, Schema | Optional>>): Schema {
  const properties: Record<string, unknown> = {};
  const required: string[] = [];
  for (const [name, field] of Object.entries(fields)) {
    properties[name] = isOptional(field) ? field.optional : field;
    if (!isOptional(field)) required.push(name);
  }
  return { type: "object", properties, required };
}

function isOptional(field: Schema | Optional): field is Optional {
  return "optional" in field;
}

const STATES = words("unknown", "prompt", "busy", "blocked", "exited");
const SOURCE = words(...SIGNAL_SOURCES);
const BY = about("who asks, for the event", TEXT);
const QUESTION = object<NonNullable<StatusPayload["blocked"]>>({
  on: words("trust", "login", "permission", "question", "choice"),
  detail: TEXT,
  choices: optional(list(TEXT)),
});
const INPUT_STATE = object<InputState>({ state: TEXT, input_ready: orNull(FLAG) });
const TOKENS = orNull(WHOLE);

const NAMES = [
  "Status",
  "Send",
  "Delivered",
  "Queued",
  "NotTaken",
  "Message",
  "Inbox",
  "Cleared",
  "Dropped",
  "Stop",
  "Stopping",
  "Reply",
  "Answered",
  "WatchReport",
  "Done",
  "Screen",
  "Explanation",
  "HookCall",
  "HookAnswer",
  "SessionEvent",
  "Document",
  "Error",
] as const;
export type SchemaName = (typeof NAMES)[number];

export const SCHEMAS: Readonly<Record<SchemaName, Schema>> = {
  Status: object<StatusPayload>({
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
    last_injected_at: orNull(TIME),
    injected_count: WHOLE,
    output_log_path: TEXT,
    events_log_path: TEXT,
    log_mtime: orNull(TIME),
    log_idle_s: orNull(NUMBER),
    description: optional(TEXT),
    watch_path: optional(TEXT),
    watch_absolute_path: optional(TEXT),
    watch_debounce_seconds: optional(NUMBER),
    input_state: INPUT_STATE,
    agent_state: STATES,
    inbox: object<StatusPayload["inbox"]>({ pending: WHOLE, delivered_total: WHOLE, expired_total: WHOLE }),
    last_completed_at: orNull(TIME),
    model: orNull(TEXT),
    effort: orNull(TEXT),
    auto_disconnects: WHOLE,
    transport: words("pty", "stdio_jsonrpc"),
    version: TEXT,
    usage: optional(object<UsageFields>({
      input_tokens: TOKENS,
      output_tokens: TOKENS,
      reasoning_tokens: TOKENS,
      cached_tokens: TOKENS,
      total_tokens: TOKENS,
    })),
    thread_id: optional(about("the agent's own session id", TEXT)),
    facts: optional(ANYTHING),
    undelivered: optional(list(object<UndeliveredMessage>({
      message_id: TEXT,
      session_id: TEXT,
      step: words(...MESSAGE_STEPS),
      queued_at: TIME,
      text_preview: TEXT,
      error: TEXT,
    }))),
    blocked: optional(about("the open question", QUESTION)),
  }),
  Send: {
    ...shape({
      text: optional(about("required unless enter_only", TEXT)),
      submit: optional(about("false: no Enter", FLAG)),
      enter_only: optional(about("true: Enter, without text", FLAG)),
      force: optional(about("true: do not wait for the prompt", FLAG)),
      newline: optional(about("false: no line end after text that is typed verbatim", FLAG)),
      key: optional(about("a second message with this key is not typed", { ...TEXT, minLength: 1, maxLength: 200 })),
    }),
    description: "With at least one of submit, enter_only and force a message; otherwise typed verbatim.",
  },
  Delivered: shape({
    ok: YES,
    status: words("delivered"),
    message_id: TEXT,
    cli: TEXT,
    bytes_written: WHOLE,
    injected_count: WHOLE,
    newline: FLAG,
    input_state: INPUT_STATE,
    force: FLAG,
    repeated: optional(YES),
  }),
  Queued: shape({ ok: YES, status: words("queued"), message_id: TEXT, repeated: optional(YES) }),
  NotTaken: shape({
    ok: NO,
    status: words("failed", "typed_not_submitted", "expired", "dropped"),
    message_id: TEXT,
    error: TEXT,
    repeated: optional(YES),
  }),
  Message: object<MessageRow>({
    id: TEXT,
    status: words("queued", "delivered", "failed", "expired", "dropped", "typed_not_submitted"),
    step: words(...MESSAGE_STEPS),
    queued_at: TIME,
    delivered_at: orNull(TIME),
    text_preview: TEXT,
    error: orNull(TEXT),
    bytes_written: optional(WHOLE),
    evidence: optional(TEXT),
    key: optional(TEXT),
    steps: list(object<TakenStep>({ step: words(...MESSAGE_STEPS), at: TIME, evidence: optional(TEXT) })),
  }),
  Inbox: shape({ ok: YES, messages: list(ref("Message")) }),
  Cleared: shape({ ok: YES, cleared: WHOLE }),
  Dropped: shape({ ok: YES, message: ref("Message") }),
  Stop: shape({ by: optional(BY), kill_after_s: optional(about("grace before TERM", NUMBER)) }),
  Stopping: shape({ ok: YES, signal: words("exit_sequence_sent", "interrupt_sent", "already_requested") }),
  Reply: shape({
    choice: optional(about("a label; this or decision", TEXT)),
    decision: optional(words("approve", "deny")),
    message: optional(TEXT),
    by: optional(BY),
  }),
  Answered: shape({ ok: YES, on: TEXT, choice: TEXT }),
  WatchReport: shape({
    type: words("log_idle", "resume", "log_active"),
    idle_s: optional(NUMBER),
    attempt: optional(WHOLE),
    max: optional(WHOLE),
  }),
  Done: shape({ ok: YES }),
  Screen: shape({
    ok: YES,
    rows: WHOLE,
    columns: WHOLE,
    cursor: shape({ row: WHOLE, column: WHOLE, visible: FLAG }),
    title: TEXT,
    lines: list(TEXT),
  }),
  Explanation: object<Explanation & { ok: true }>({
    ok: YES,
    agent_state: STATES,
    input_state: TEXT,
    since: TIME,
    source: SOURCE,
    turn: orNull(object<NonNullable<Explanation["turn"]>>({
      message_id: optional(TEXT),
      turn_id: optional(TEXT),
      since: TIME,
      source: SOURCE,
      expected: FLAG,
    })),
    blocked: orNull(QUESTION),
    evidence: list(object<EvidenceRow>({ source: SOURCE, says: TEXT, since: TIME, last: TIME, agrees: FLAG })),
    screen: list(TEXT),
  }),
  HookCall: about("what the hook got from the agent, at most 16 MiB", ANYTHING),
  HookAnswer: ANYTHING,
  SessionEvent: {
    ...object<Pick<ReadEvent, "schema_version" | "seq" | "ts" | "id" | "session_id" | "type">>({
      schema_version: WHOLE,
      seq: WHOLE,
      ts: TIME,
      id: TEXT,
      session_id: TEXT,
      type: TEXT,
    }),
    additionalProperties: true,
    description: "One happening. `harnex guide events` has the fields of each type.",
  },
  Document: ANYTHING,
  Error: shape({ ok: NO, error: TEXT }),
};
