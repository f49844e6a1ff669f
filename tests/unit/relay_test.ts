/** withRelay(): when a message names the session that sends it. */

import { withRelay } from "../../src/client/relay.ts";
import { deepEqual, equal } from "../support/assert.ts";

const INSIDE = {
  HARNEX_ID: "Worker 1",
  HARNEX_SESSION_CLI: "codex",
  HARNEX_SESSION_ID: "abc",
  HARNEX_SESSION_REPO_ROOT: "/repo",
};
const HEADER = "[harnex relay from=codex id=Worker 1 at=1970-01-01T00:00:01.000Z]\n";

function send(text: string, options: Partial<Parameters<typeof withRelay>[1]> = {}): string {
  return withRelay(text, {
    env: INSIDE,
    now: 1_000,
    to: { id: "other", repoRoot: "/repo" },
    relay: undefined,
    ...options,
  });
}

Deno.test("withRelay() names the sender only inside a session", () => {
  equal(send("hello"), `${HEADER}hello`);
  for (const name of ["HARNEX_ID", "HARNEX_SESSION_CLI", "HARNEX_SESSION_ID"]) {
    equal(send("hello", { env: { ...INSIDE, [name]: "" } }), "hello", name);
  }
});

Deno.test("withRelay() leaves a session's message to itself alone, unless --relay asks for the line", () => {
  const toItself = { id: "worker-1", repoRoot: "/repo" };
  deepEqual(
    [send("x", { to: toItself }), send("x", { to: toItself, relay: true }), send("x", { relay: false })],
    ["x", `${HEADER}x`, "x"],
  );
  equal(send("x", { to: { ...toItself, repoRoot: "/another" } }), `${HEADER}x`);
});

Deno.test("withRelay() adds the line once, and never to nothing", () => {
  deepEqual([send(""), send(`\n${HEADER}x`, { relay: true })], ["", `\n${HEADER}x`]);
});
