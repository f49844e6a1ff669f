/** HTTP apart from what requests mean: JSON and text answers, bounded bodies, parts of a path. */

import { HarnexError, messageOf } from "../../model/errors.ts";
import { type JsonObject, parseObject } from "../../text/json.ts";

/** A message of 1 MiB is a file; name the file in the message. */
const BODY_LIMIT = 1 << 20;

export function json(value: unknown, status = 200): Response {
  return new Response(JSON.stringify(value), {
    status,
    headers: { "content-type": "application/json", connection: "close" },
  });
}

export function text(body: string): Response {
  return new Response(body, { headers: { "content-type": "text/plain; charset=utf-8", connection: "close" } });
}

export function hasJsonBody(request: Request): boolean {
  return (request.headers.get("content-type") ?? "").includes("json");
}

/** The body as text. Never more of it than the limit is in memory. */
export async function readBody(request: Request, limit = BODY_LIMIT): Promise<string> {
  const tooLarge = () =>
    new HarnexError("too_large", `request body is over ${limit} bytes; put the text in a file and name it`);
  if (Number(request.headers.get("content-length") ?? 0) > limit) throw tooLarge();
  const decoder = new TextDecoder();
  let text = "";
  let size = 0;
  try {
    for await (const chunk of request.body ?? []) {
      size += chunk.length;
      if (size > limit) throw tooLarge();
      text += decoder.decode(chunk, { stream: true });
    }
  } catch (cause) {
    if (cause instanceof HarnexError) throw cause;
    throw new HarnexError("invalid", `the request's body broke off: ${messageOf(cause)}`, { cause });
  }
  return text + decoder.decode();
}

/** The body as a JSON object; an empty body is an empty object. */
export async function readObject(request: Request, limit = BODY_LIMIT): Promise<JsonObject> {
  const text = await readBody(request, limit);
  if (text.trim() === "") return {};
  const object = parseObject(text);
  if (object === undefined) throw new HarnexError("invalid", "the body must be a JSON object");
  return object;
}

/** A part of a path, without its escapes. */
export function decodeSegment(segment: string): string {
  try {
    return decodeURIComponent(segment);
  } catch (error) {
    throw new HarnexError("invalid", `"${segment}" is not a valid part of a URL: ${messageOf(error)}`, {
      cause: error,
    });
  }
}
