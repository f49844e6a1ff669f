/** Host names: wildcards, and how a client on the same machine reaches a server. */

import { isWildcard, localOrigin } from "../../src/text/host_name.ts";
import { deepEqual, equal } from "../support/assert.ts";

Deno.test("isWildcard() knows both families' address of every interface, and no other", () => {
  deepEqual(["0.0.0.0", "::", "127.0.0.1", "::1", "[::]", "0.0.0", "localhost", ""].filter(isWildcard), [
    "0.0.0.0",
    "::",
  ]);
});

Deno.test("localOrigin() reaches a wildcard by loopback, and puts IPv6 in brackets", () => {
  const origins: [host: string, origin: string][] = [
    ["127.0.0.1", "http://127.0.0.1:43000"],
    ["localhost", "http://localhost:43000"],
    ["192.0.2.7", "http://192.0.2.7:43000"],
    ["0.0.0.0", "http://127.0.0.1:43000"],
    ["::", "http://[::1]:43000"],
    ["::1", "http://[::1]:43000"],
    ["2001:db8::7", "http://[2001:db8::7]:43000"],
  ];
  for (const [host, origin] of origins) equal(localOrigin(host, 43_000), origin);
});
