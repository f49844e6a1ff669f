/**
 * The table of what a session's API offers: one entry for each method and path, with what it takes and answers.
 * Routes and their types, the parsers of requests and the OpenAPI document are made from it. Data only.
 */

import * as v from "valibot";
import type { Answer, Operation } from "./route.ts";
import {
  about,
  ANYTHING,
  Explained,
  FLAG,
  INPUT_STATE,
  lenient,
  list,
  Message,
  named,
  NO,
  NUMBER,
  object,
  SessionEvent,
  Status,
  TEXT,
  WHOLE,
  whole,
  YES,
} from "./schemas.ts";

/** A caller chooses the key, so the session bounds what it remembers. */
export const KEY_LIMIT = 200;
/** A hook call carries the agent's last message or the input of a tool, such as a whole file. */
const HOOK_BODY_LIMIT = 16 << 20;

const BAD_BODY: Answer = { meaning: "the body is not a JSON object, or something in it is missing or wrong" };
const BAD_PATH: Answer = { meaning: "the path has a broken escape" };
const TOO_LARGE: Answer = { meaning: "the body is too large" };
const NO_TERMINAL: Answer = { meaning: "this agent has no terminal" };

const BY = lenient(about("the caller's name, for the event", TEXT));
/** A wrong key reads as "", because it is an error in a message alone: text that is typed verbatim has no key. */
const KEY = v.fallback(
  about("a second message with this key is not typed", v.pipe(TEXT, v.minLength(1), v.maxLength(KEY_LIMIT))),
  "",
);
const SIZE = whole(1, "must be a whole number from 1 on");
const REPEATED = v.optional(YES);

/** By their `operationId` in the OpenAPI document. */
export const OPERATIONS = {
  getStatus: {
    method: "GET",
    path: "/status",
    summary: "The session and its state",
    answers: { 200: { meaning: "the status payload", schema: Status } },
  },
  getHealth: {
    method: "GET",
    path: "/health",
    summary: "The same as /status",
    answers: { 200: { meaning: "the status payload", schema: Status } },
  },
  send: {
    method: "POST",
    path: "/send",
    summary: "Sends the agent a message, or types text verbatim",
    body: {
      required: true,
      text: true,
      schema: named(
        "Send",
        about(
          "A body with at least one of submit, enter_only and force is a message; any other is typed verbatim.",
          v.object({
            text: lenient(about("required unless enter_only", TEXT)),
            submit: lenient(about("false: no Enter", FLAG)),
            enter_only: lenient(about("true: Enter, without text", FLAG)),
            force: lenient(about("true: do not wait for the prompt", FLAG)),
            newline: lenient(about("false: no line end after text that is typed verbatim", FLAG)),
            key: v.optional(KEY),
          }),
        ),
      ),
    },
    answers: {
      200: {
        meaning: "delivered: there is evidence that the agent took it",
        schema: object("Delivered", {
          ok: YES,
          status: v.picklist(["delivered"]),
          message_id: TEXT,
          cli: TEXT,
          bytes_written: WHOLE,
          injected_count: WHOLE,
          newline: FLAG,
          input_state: INPUT_STATE,
          force: FLAG,
          repeated: REPEATED,
        }),
      },
      202: {
        meaning: "queued until the agent is at its prompt",
        schema: object("Queued", { ok: YES, status: v.picklist(["queued"]), message_id: TEXT, repeated: REPEATED }),
      },
      400: BAD_BODY,
      409: {
        meaning: "the agent did not take it",
        schema: object("NotTaken", {
          ok: NO,
          status: v.picklist(["failed", "typed_not_submitted", "expired", "dropped"]),
          message_id: TEXT,
          error: TEXT,
          repeated: REPEATED,
        }),
      },
      413: TOO_LARGE,
      503: { meaning: "64 messages wait already, or the session is ending" },
    },
  },
  getMessage: {
    method: "GET",
    path: "/messages/{id}",
    summary: "How far a message got",
    answers: {
      200: { meaning: "the message", schema: Message },
      400: BAD_PATH,
      404: { meaning: "no such message" },
    },
  },
  listInbox: {
    method: "GET",
    path: "/inbox",
    summary: "The messages that wait",
    answers: {
      200: { meaning: "oldest first", schema: object("Inbox", { ok: YES, messages: list(Message) }) },
    },
  },
  clearInbox: {
    method: "DELETE",
    path: "/inbox",
    summary: "Drops every message that waits",
    answers: {
      200: { meaning: "how many were dropped", schema: object("Cleared", { ok: YES, cleared: WHOLE }) },
    },
  },
  dropMessage: {
    method: "DELETE",
    path: "/inbox/{id}",
    summary: "Drops one message that waits",
    answers: {
      200: { meaning: "the dropped message", schema: object("Dropped", { ok: YES, message: Message }) },
      400: BAD_PATH,
      404: { meaning: "no such message waits" },
    },
  },
  stop: {
    method: "POST",
    path: "/stop",
    summary: "Asks the session to end; each further request goes one step further",
    body: {
      required: false,
      schema: object("Stop", { by: BY, kill_after_s: lenient(about("seconds of grace before SIGTERM", NUMBER)) }),
    },
    answers: {
      200: {
        meaning: "the step that was taken",
        schema: object("Stopping", {
          ok: YES,
          signal: v.picklist(["exit_sequence_sent", "interrupt_sent", "already_requested"]),
        }),
      },
      400: BAD_BODY,
      413: TOO_LARGE,
    },
  },
  answer: {
    method: "POST",
    path: "/answer",
    summary: "Answers the question that the agent is blocked on",
    body: {
      required: true,
      schema: object("Reply", {
        choice: lenient(about("a label; this or decision", TEXT)),
        decision: lenient(v.picklist(["approve", "deny"])),
        message: lenient(TEXT),
        by: BY,
      }),
    },
    answers: {
      200: { meaning: "what was answered", schema: object("Answered", { ok: YES, on: TEXT, choice: TEXT }) },
      400: BAD_BODY,
      409: { meaning: "no question is open, or it does not offer this answer" },
      413: TOO_LARGE,
    },
  },
  watch: {
    method: "POST",
    path: "/watch",
    summary: "Records what a babysitter saw or did, as an event",
    body: {
      required: true,
      schema: object("WatchReport", {
        type: v.picklist(["log_idle", "resume", "log_active"], "is log_idle, resume or log_active"),
        idle_s: lenient(NUMBER),
        attempt: lenient(WHOLE),
        max: lenient(WHOLE),
      }),
    },
    answers: {
      200: { meaning: "recorded", schema: object("Done", { ok: YES }) },
      400: BAD_BODY,
      413: TOO_LARGE,
    },
  },
  followEvents: {
    method: "GET",
    path: "/events",
    summary: "The session's events: first those on disk, then new ones until the session ends",
    query: v.object({
      from: v.optional(about("the seq to begin with; default 1", whole(0, "is an event's seq, a whole number"))),
    }),
    answers: {
      200: {
        meaning: "server-sent events, each with its seq as id and a SessionEvent",
        types: ["text/event-stream"],
        event: SessionEvent,
      },
      400: { meaning: "from is not a whole number" },
    },
  },
  getScreen: {
    method: "GET",
    path: "/screen",
    summary: "What is on the agent's screen now",
    query: v.object({
      format: v.optional(about("default json", v.picklist(["json", "text", "ansi"], "is text, ansi or json"))),
    }),
    answers: {
      200: {
        meaning: "the screen",
        schema: object("Screen", {
          ok: YES,
          rows: WHOLE,
          columns: WHOLE,
          cursor: v.object({ row: WHOLE, column: WHOLE, visible: FLAG }),
          title: TEXT,
          lines: list(TEXT),
        }),
        types: ["text/plain"],
      },
      400: { meaning: "unknown format" },
      404: NO_TERMINAL,
    },
  },
  attach: {
    method: "GET",
    path: "/attach",
    summary: "The live terminal as a WebSocket: bytes both ways, the viewer's size as a JSON text frame",
    query: v.object({
      rows: lenient(about("height of the viewer's terminal", SIZE)),
      columns: lenient(about("its width", SIZE)),
      mode: lenient(about("default write", v.picklist(["write", "read"]))),
    }),
    answers: {
      101: { meaning: "the WebSocket is open" },
      400: { meaning: "the request does not ask for a WebSocket" },
      404: NO_TERMINAL,
    },
  },
  explain: {
    method: "GET",
    path: "/explain",
    summary: "Why harnex believes that the agent is in its state",
    answers: { 200: { meaning: "the verdict and what each source says", schema: Explained } },
  },
  signal: {
    method: "POST",
    path: "/signals",
    summary: "Accepts what the agent's own hook reports",
    body: {
      required: true,
      schema: named("HookCall", about("what the agent passed to its hook, at most 16 MiB", ANYTHING)),
      limitBytes: HOOK_BODY_LIMIT,
    },
    answers: {
      200: { meaning: "what the hook prints", schema: named("HookAnswer", ANYTHING) },
      400: BAD_BODY,
      413: TOO_LARGE,
    },
    token: "hook",
  },
  getOpenapi: {
    method: "GET",
    path: "/openapi.json",
    summary: "This document",
    answers: { 200: { meaning: "the API as an OpenAPI document", schema: named("Document", ANYTHING) } },
  },
} as const satisfies Readonly<Record<string, Operation>>;

export type OperationName = keyof typeof OPERATIONS;
