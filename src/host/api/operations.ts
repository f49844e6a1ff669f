/**
 * The table of what a session's API offers: one entry for each method and path, with what it takes and answers.
 * Requests are matched by it, and the OpenAPI document is made from it. Data only.
 */

import type { SchemaName } from "./schemas.ts";

export interface Operation {
  method: "GET" | "POST" | "DELETE";
  /** `{id}` stands for one path segment */
  path: string;
  summary: string;
  query?: Readonly<Record<string, QueryParameter>>;
  body?: Body;
  /** by status; those that every operation has (401, 403) are added */
  answers: Readonly<Record<number, Answer>>;
  /** takes the token of the agent's own hooks, and no other */
  token?: "hook";
}

export interface QueryParameter {
  meaning: string;
  choices?: readonly string[];
  /** a whole number, from this on */
  from?: number;
}

interface Body {
  schema: SchemaName;
  required: boolean;
  /** plain text is taken, too */
  text?: true;
}

export interface Answer {
  meaning: string;
  /** the JSON of the answer; an error unless said, for 400 and above */
  schema?: SchemaName;
  /** other types of content that it may have */
  types?: readonly string[];
}

const BAD_BODY: Answer = { meaning: "the body is not a JSON object, or something in it is missing or wrong" };
const BAD_PATH: Answer = { meaning: "the path has a broken escape" };
const TOO_LARGE: Answer = { meaning: "the body is too large" };
const NO_TERMINAL: Answer = { meaning: "this agent has no terminal" };
const SIZE = { from: 1 } as const;

/** By the name that the document gives them. */
export const OPERATIONS = {
  getStatus: {
    method: "GET",
    path: "/status",
    summary: "The session and its state",
    answers: { 200: { meaning: "the status payload", schema: "Status" } },
  },
  getHealth: {
    method: "GET",
    path: "/health",
    summary: "The same as /status",
    answers: { 200: { meaning: "the status payload", schema: "Status" } },
  },
  send: {
    method: "POST",
    path: "/send",
    summary: "Gives the agent a message, or types text as it is",
    body: { schema: "Send", required: true, text: true },
    answers: {
      200: { meaning: "delivered: there is evidence that the agent took it", schema: "Delivered" },
      202: { meaning: "queued until the agent is at its prompt", schema: "Queued" },
      400: BAD_BODY,
      409: { meaning: "the agent did not take it", schema: "NotTaken" },
      413: TOO_LARGE,
      503: { meaning: "64 messages wait already, or the session is ending" },
    },
  },
  getMessage: {
    method: "GET",
    path: "/messages/{id}",
    summary: "How far a message got",
    answers: {
      200: { meaning: "the message", schema: "Message" },
      400: BAD_PATH,
      404: { meaning: "no such message" },
    },
  },
  listInbox: {
    method: "GET",
    path: "/inbox",
    summary: "The messages that wait",
    answers: { 200: { meaning: "oldest first", schema: "Inbox" } },
  },
  clearInbox: {
    method: "DELETE",
    path: "/inbox",
    summary: "Drops every message that waits",
    answers: { 200: { meaning: "how many were dropped", schema: "Cleared" } },
  },
  dropMessage: {
    method: "DELETE",
    path: "/inbox/{id}",
    summary: "Drops one message that waits",
    answers: {
      200: { meaning: "the dropped message", schema: "Dropped" },
      400: BAD_PATH,
      404: { meaning: "no such message waits" },
    },
  },
  stop: {
    method: "POST",
    path: "/stop",
    summary: "Asks the session to end; asked again, goes one step further",
    body: { schema: "Stop", required: false },
    answers: { 200: { meaning: "the step that was taken", schema: "Stopping" }, 400: BAD_BODY, 413: TOO_LARGE },
  },
  answer: {
    method: "POST",
    path: "/answer",
    summary: "Answers the question that the agent is blocked on",
    body: { schema: "Reply", required: true },
    answers: {
      200: { meaning: "what was answered", schema: "Answered" },
      400: BAD_BODY,
      409: { meaning: "nothing is asked, or the question offers no such answer" },
      413: TOO_LARGE,
    },
  },
  watch: {
    method: "POST",
    path: "/watch",
    summary: "Writes down what a babysitter saw or did, as an event",
    body: { schema: "WatchReport", required: true },
    answers: { 200: { meaning: "written", schema: "Done" }, 400: BAD_BODY, 413: TOO_LARGE },
  },
  followEvents: {
    method: "GET",
    path: "/events",
    summary: "The session's events: those on disk, then those that happen, until it ends",
    query: { from: { meaning: "the seq to begin with; 1 unless said", from: 0 } },
    answers: {
      200: { meaning: "server-sent events, each with its seq as id and a SessionEvent", types: ["text/event-stream"] },
      400: { meaning: "from is no whole number" },
    },
  },
  getScreen: {
    method: "GET",
    path: "/screen",
    summary: "What is on the agent's screen now",
    query: { format: { meaning: "json unless said", choices: ["json", "text", "ansi"] } },
    answers: {
      200: { meaning: "the screen", schema: "Screen", types: ["text/plain"] },
      400: { meaning: "no such format" },
      404: NO_TERMINAL,
    },
  },
  attach: {
    method: "GET",
    path: "/attach",
    summary: "The live terminal as a WebSocket: bytes both ways, the viewer's size as a JSON text frame",
    query: {
      rows: { meaning: "height of the viewer's terminal", ...SIZE },
      columns: { meaning: "its width", ...SIZE },
      mode: { meaning: "write unless said", choices: ["write", "read"] },
    },
    answers: {
      101: { meaning: "the WebSocket is open" },
      400: { meaning: "the request asks for no WebSocket" },
      404: NO_TERMINAL,
    },
  },
  explain: {
    method: "GET",
    path: "/explain",
    summary: "Why the agent is believed to be in its state",
    answers: { 200: { meaning: "the verdict and what each source says", schema: "Explanation" } },
  },
  signal: {
    method: "POST",
    path: "/signals",
    summary: "Takes what the agent's own hook reports",
    body: { schema: "HookCall", required: true },
    answers: { 200: { meaning: "what the hook prints", schema: "HookAnswer" }, 400: BAD_BODY, 413: TOO_LARGE },
    token: "hook",
  },
  getOpenapi: {
    method: "GET",
    path: "/openapi.json",
    summary: "This document",
    answers: { 200: { meaning: "the API as an OpenAPI document", schema: "Document" } },
  },
} as const satisfies Readonly<Record<string, Operation>>;

export type OperationName = keyof typeof OPERATIONS;

interface Match {
  name: OperationName;
  operation: Operation;
  /** the path's `{id}`, as it was sent */
  parameter: string;
}

/** The operations at a path, whatever their method. */
export function operationsAt(path: string): Match[] {
  const found: Match[] = [];
  let name: OperationName;
  for (name in OPERATIONS) {
    const operation: Operation = OPERATIONS[name];
    const parameter = parameterOf(operation.path, path);
    if (parameter !== undefined) found.push({ name, operation, parameter });
  }
  return found;
}

/** "" where the pattern has no `{id}`; undefined when the path does not match. */
function parameterOf(pattern: string, path: string): string | undefined {
  const [prefix = "", suffix] = pattern.split("{id}");
  if (suffix === undefined) return pattern === path ? "" : undefined;
  if (!path.startsWith(prefix)) return undefined;
  const parameter = path.slice(prefix.length);
  return parameter === "" || parameter.includes("/") ? undefined : parameter;
}
