/** Who may call a session's API: requests for its own host name, with its token. Pure. */

import { timingSafeEqual } from "node:crypto";
import { isWildcard } from "../../text/host_name.ts";

const LOOPBACK = ["localhost", "127.0.0.1", "[::1]"];
/** An IP address as a Host header has it, such as `192.0.2.7` and `[2001:db8::7]`. */
const ADDRESS = /^(?:\d+\.\d+\.\d+\.\d+|\[[0-9a-f:.]+\])$/;

/**
 * Whether a Host header names a server that listens on `hostname`. A web page can make its own name resolve to this
 * machine (DNS rebinding), but its browser then sends that name. An address cannot be rebound, so each is accepted
 * where the server listens on all of them.
 */
export function isOwnHost(header: string | null, hostname: string): boolean {
  const name = (header ?? "").replace(/:[0-9]+$/, "").toLowerCase();
  if (name === "") return false;
  if (isWildcard(hostname) && ADDRESS.test(name)) return true;
  const bound = hostname.toLowerCase();
  return [...LOOPBACK, bound, `[${bound}]`].includes(name);
}

/** Whether an Authorization header holds the token. The time depends on the length alone. */
export function isBearerOf(header: string | null, token: string): boolean {
  const encoder = new TextEncoder();
  const [given, expected] = [encoder.encode(header ?? ""), encoder.encode(`Bearer ${token}`)];
  return given.length === expected.length && timingSafeEqual(given, expected);
}
