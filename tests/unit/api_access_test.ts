/** Who may call a session's API: the checks of Host header and token. */

import { isBearerOf, isOwnHost } from "../../src/host/api/access.ts";
import { deepEqual, equal } from "../support/assert.ts";

function refusedBy(hostname: string, headers: readonly (string | null)[]): readonly (string | null)[] {
  return headers.filter((header) => !isOwnHost(header, hostname));
}

/** A name that a page's owner can make resolve to this machine, and headers that only look like an own name. */
const FOREIGN = [
  "evil.example",
  "evil.example:43000",
  "localhost.evil.example",
  "127.0.0.1.evil.example",
  "127.0.0.1.nip.io:43000",
  "evil.example:127.0.0.1",
  "evil-localhost",
  "localhost.",
  "localhost:x",
  "localhost:",
  "localhost:1:2",
  "localhost, evil.example",
  "evil.example, localhost",
  "user@localhost",
  "127.0.0.1/",
  " localhost",
  "127.1",
  "2130706433",
  "::1",
  "[::1",
  "[::1]x",
  "[::1].evil.example",
  "[evil.example]",
];

Deno.test("isOwnHost() accepts loopback names, with any port and in any case", () => {
  const own = ["localhost", "127.0.0.1", "[::1]"].flatMap((
    name,
  ) => [name, `${name}:43000`, `${name}:1`, `${name}:65535`]);
  deepEqual(refusedBy("127.0.0.1", [...own, "LOCALHOST", "LocalHost:43000"]), []);
});

Deno.test("isOwnHost() refuses other names, addresses that were not bound, and a missing header", () => {
  for (const hostname of ["127.0.0.1", "localhost", "::1", "192.0.2.7", "build.example"]) {
    const headers = [...FOREIGN, "192.0.2.8", "[2001:db8::8]:43000", "0.0.0.0", "[::]", "", ":43000", null];
    deepEqual(refusedBy(hostname, headers), headers, hostname);
  }
});

Deno.test("isOwnHost() accepts the host name or address that was bound", () => {
  const bound: [hostname: string, header: string][] = [
    ["192.0.2.7", "192.0.2.7"],
    ["192.0.2.7", "192.0.2.7:43000"],
    ["127.0.0.9", "127.0.0.9:43000"],
    ["2001:db8::7", "[2001:db8::7]"],
    ["2001:DB8::7", "[2001:db8::7]:43000"],
    ["2001:db8::7", "[2001:DB8::7]:43000"],
    ["build.example", "build.example:43000"],
    ["Build.example", "BUILD.example"],
  ];
  deepEqual(bound.filter(([hostname, header]) => !isOwnHost(header, hostname)), []);
});

Deno.test("isOwnHost() accepts every address, and no further name, where all addresses were bound", () => {
  const addresses = [
    "127.0.0.1",
    "192.0.2.7",
    "10.0.0.1:43000",
    "[2001:db8::7]",
    "[FE80::1]:43000",
    "[::ffff:10.0.0.1]:1",
  ];
  for (const hostname of ["0.0.0.0", "::"]) {
    deepEqual(refusedBy(hostname, [...addresses, "localhost:43000"]), [], hostname);
    deepEqual(refusedBy(hostname, [...FOREIGN, "", null]), [...FOREIGN, "", null], hostname);
  }
});

Deno.test("isBearerOf() accepts the token alone, and refuses every part, extension and change of it", () => {
  const token = "0123456789abcdef0123456789abcdef";
  equal(isBearerOf(`Bearer ${token}`, token), true);
  const parts = Array.from({ length: token.length }, (_, length) => token.slice(0, length));
  const changed = Array.from({ length: token.length }, (_, at) => `${token.slice(0, at)}x${token.slice(at + 1)}`);
  const longer = [
    `${token}0`,
    ` ${token}`,
    `${token} `,
    `${token}\0`,
    `${token}, Bearer x`,
    `0${token}`,
    token + token,
  ];
  const tails = parts.map((part) => token.slice(part.length + 1));
  const headers = [...parts, ...tails, ...changed, ...longer, token.toUpperCase()].map((wrong) => `Bearer ${wrong}`);
  const schemes = [
    "",
    "Bearer",
    "Bearer ",
    token,
    `bearer ${token}`,
    `Basic ${token}`,
    `Bearer  ${token}`,
    `Bearer\t${token}`,
  ];
  const sameLength = ["é".repeat(`Bearer ${token}`.length), "é".repeat(`Bearer ${token}`.length / 2), "\0".repeat(39)];
  deepEqual([...headers, ...schemes, ...sameLength, null].filter((header) => isBearerOf(header, token)), []);
});
