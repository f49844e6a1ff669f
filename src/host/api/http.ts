/**
 * Requests and answers of the session's API apart from what they mean: who may ask, bounded bodies, JSON and text.
 */

import { HarnexError, messageOf } from "../../model/errors.ts";
import { type JsonObject, parseObject } from "../../text/json.ts";

/** A message of 1 MiB is a file; name the file in the message. */
const BODY_LIMIT = 1 << 20;

export function json(value: object, status = 200): Response {
  return new Response(JSON.stringify(value), {
    status,
    headers: { "content-type": "application/json", connection: "close" },
  });
}

export function text(body: string): Response {
  return new Response(body, { headers: { "content-type": "text/plain; charset=utf-8", connection: "close" } });
}

/** Every address of this machine. */
const WILDCARDS = ["0.0.0.0", "::"];
/** Such as `192.0.2.7` and `[2001:db8::7]`. */
const ADDRESS = /^(?:\d+\.\d+\.\d+\.\d+|\[[0-9a-f:.]+\])$/;

/**
 * A web page in a browser may resolve its own name to this machine; it cannot forge the Host header. An address is no
 * name: where every address is bound, each of them will do.
 */
export function checkHost(request: Request, hostname: string): void {
  const name = (request.headers.get("host") ?? "").replace(/:[0-9]+$/, "").toLowerCase();
  const allowed = ["localhost", "127.0.0.1", "[::1]", hostname.toLowerCase(), `[${hostname.toLowerCase()}]`];
  if (WILDCARDS.includes(hostname) && ADDRESS.test(name)) return;
  if (!allowed.includes(name)) throw new HarnexError("forbidden", "foreign Host header");
}

export function checkToken(request: Request, token: string): void {
  const given = request.headers.get("authorization") ?? "";
  if (!sameText(given, `Bearer ${token}`)) throw new HarnexError("unauthorized", "unauthorized");
}

/** Compares in a time that depends on the lengths alone. */
function sameText(given: string, expected: string): boolean {
  let difference = given.length ^ expected.length;
  for (let index = 0; index < expected.length; index++) {
    difference |= (given.charCodeAt(index % Math.max(1, given.length)) || 0) ^ expected.charCodeAt(index);
  }
  return difference === 0;
}

/** The body as text, never more than the limit in memory. */
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
    throw new HarnexError("invalid", `"${segment}" is no part of a URL: ${messageOf(error)}`, { cause: error });
  }
}
