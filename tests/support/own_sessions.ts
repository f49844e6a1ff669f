/** Tests that have sessions of their own, which end with them. */

import { createSessions, type Sessions } from "./sessions.ts";

type Body = (sessions: Sessions) => Promise<void>;

export function sessionTest(name: string, body: Body): void {
  Deno.test(name, async () => {
    await using sessions = createSessions();
    await body(sessions);
  });
}

/** For tests that look at processes and terminals as only Linux shows them. Elsewhere they say that they are skipped. */
export function linuxTest(name: string, body: Body): void {
  if (Deno.build.os === "linux") return sessionTest(name, body);
  Deno.test({ name: `${name} (skipped: it looks at /proc, which only Linux has)`, ignore: true, fn() {} });
}
