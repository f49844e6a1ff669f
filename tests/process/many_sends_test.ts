/**
 * Many senders at once: every message is delivered exactly once, each sender's own in order, or refused.
 */

import { createSessions } from "../support/sessions.ts";
import { checkDelivered, sendCount, SENDERS, sendFromAll, textsOf } from "../support/senders.ts";
import { equal } from "../support/assert.ts";
import { until } from "../support/until.ts";

Deno.test({
  name: `sends from ${SENDERS} processes at once are delivered once each, or refused with 503, in each sender's order`,
  ignore: Deno.build.os !== "linux",
  async fn() {
    const total = sendCount(80);
    await using sessions = createSessions();
    const session = await sessions.startReady("many", ["repl"], { env: { HARNEX_INBOX_TTL: "300" } });
    const texts = textsOf(total);
    const refusals = await sendFromAll(session, texts);
    await until(280_000, async () => {
      const { inbox } = await (await sessions.call(session, "/status")).json();
      return inbox.delivered_total === total && inbox.pending === 0 ? true : undefined;
    }, `${total} deliveries`);
    equal((await sessions.ask(["wait", "--id", "many", "--until", "prompt", "--timeout", "60"])).code, 0);
    checkDelivered([...sessions.transcript("many").matchAll(/did: (\S+)\r/g)].map((found) => found[1] ?? ""), texts);
    console.log(`${total} messages delivered once; ${refusals} refusals on the way`);
  },
});
