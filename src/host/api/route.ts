/**
 * What an operation of the API is, and how it is bound to the code that serves it: its schemas parse the request, and
 * give the types of what the code gets and of what it may answer.
 */

import * as v from "valibot";
import { HarnexError } from "../../model/errors.ts";
import type { Upgrade } from "../../platform/platform.ts";
import { json, readObject } from "./http.ts";
import type { SessionApi } from "./session_api.ts";

export interface Operation {
  method: "GET" | "POST" | "DELETE";
  /** `{id}` stands for one path segment */
  path: string;
  summary: string;
  /** optional parameters, each with its description; parsed from text */
  query?: v.ObjectSchema<v.ObjectEntries, undefined>;
  body?: Body;
  /** by status; those that every operation has (401, 403) are added */
  answers: Answers;
  /** accepts the token of the agent's own hooks, and no other */
  token?: "hook";
}

export interface Body {
  /** parses the JSON object; fields that it does not name are ignored */
  schema: v.GenericSchema;
  required: boolean;
  /** plain text is accepted, too */
  text?: true;
  /** for a body that may be larger than usual */
  limitBytes?: number;
}

export type Answers = Readonly<Record<number, Answer>>;

export interface Answer {
  meaning: string;
  /** the JSON of the answer; for 400 and above it is `Error` by default */
  schema?: v.GenericSchema<unknown, object>;
  /** content types besides JSON: the route makes the response itself */
  types?: readonly string[];
  /** one event of a stream */
  event?: v.GenericSchema;
}

/** A request that has passed the checks of host name and token. */
export interface Incoming {
  request: Request;
  url: URL;
  upgrade: Upgrade;
  /** the path's `{id}` without its escapes, "" where the path has none */
  id: string;
}

/** A request as its route sees it. */
export interface Call<Fields, Query, A extends Answers> extends Incoming {
  /** Reads and parses the JSON body. Throws `invalid` and `too_large`. */
  body(): Promise<Fields>;
  /** Parses the query. Throws `invalid`. */
  query(): Query;
  /** Makes a JSON answer. It has the status and the form that the operation describes. */
  reply<S extends JsonStatus<A>>(status: S, body: JsonOf<A[S]>): Response;
}

type JsonStatus<A extends Answers> = { [S in keyof A & number]: A[S] extends Described ? S : never }[keyof A & number];
type JsonOf<One> = One extends Described ? v.InferOutput<One["schema"]> : never;
type Described = Required<Pick<Answer, "schema">>;

export type Route = (host: SessionApi, incoming: Incoming) => Promise<Response>;

/** The route of an operation. `serve` throws a HarnexError for an answer that is an error. */
export function route<B extends v.GenericSchema, Q extends v.GenericSchema, A extends Answers>(
  { body, query }: { body?: Body & { schema: B }; query?: Q; answers: A },
  serve: (host: SessionApi, call: Call<v.InferOutput<B>, v.InferOutput<Q>, A>) => Promise<Response> | Response,
): Route {
  return async (host, incoming) =>
    await serve(host, {
      ...incoming,
      async body() {
        if (body === undefined) throw new TypeError("this operation has no body");
        return parse(body.schema, await readObject(incoming.request, body.limitBytes));
      },
      query() {
        if (query === undefined) throw new TypeError("this operation has no query");
        return parse(query, Object.fromEntries([...incoming.url.searchParams].reverse())); // the first of a name counts
      },
      reply: (status, body) => json(body, status),
    });
}

/** An issue's own message follows the name of the field: `must be a whole number`. */
function parse<S extends v.GenericSchema>(schema: S, value: unknown): v.InferOutput<S> {
  const result = v.safeParse(schema, value, { message: problemOf, abortEarly: true });
  if (result.success) return result.output;
  const [issue] = result.issues;
  throw new HarnexError("invalid", `${v.getDotPath(issue) ?? "the body"} ${issue.message}`);
}

function problemOf({ expected, received }: v.BaseIssue<unknown>): string {
  return received === "undefined" ? "is missing" : `must be ${expected ?? "different"}`;
}
