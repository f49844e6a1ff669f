/**
 * Host names and addresses: as a server listens on them, as a client on this machine reaches them, as a URL has them.
 */

/** Each stands for every address of the machine, and is reached by the loopback address of its family. */
const WILDCARDS: ReadonlyMap<string, string> = new Map([["0.0.0.0", "127.0.0.1"], ["::", "::1"]]);

export function isWildcard(host: string): boolean {
  return WILDCARDS.has(host);
}

/** The origin of a server on this machine that listens on `host`, such as `http://[::1]:43000`. */
export function localOrigin(host: string, port: number): string {
  const name = WILDCARDS.get(host) ?? host;
  return `http://${name.includes(":") ? `[${name}]` : name}:${port}`;
}
