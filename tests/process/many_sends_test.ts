/**
 * Many senders at once: every message is delivered exactly once, each sender's own in order, or refused.
 */

import { deepEqual, equal, ok } from "../support/assert.ts";
import { createSessions } from "../support/sessions.ts";
import { until } from "../support/until.ts";

const SENDERS = 8;
const EACH = 25;
/** A sender: one process that posts its messages one after another, and prints the status of each. */
const SENDER = `
const [port, token, name, count] = Deno.args;
for (let number = 1; number <= Number(count); number++) {
  const response = await fetch("http://127.0.0.1:" + port + "/send", {
    method: "POST",
    headers: { authorization: "Bearer " + token, "content-type": "application/json" },
    body: JSON.stringify({ text: name + "-" + number + ".", submit: true }),
  });
  await response.text();
  console.log(response.status);
}
`;

Deno.test({
  name: "200 rapid sends from 8 processes are delivered once each and in each sender's order, or refused with 503",
  ignore: Deno.build.os !== "linux",
  async fn() {
    await using sessions = createSessions();
    const session = await sessions.startReady("many", ["repl"], { env: { HARNEX_INBOX_TTL: "300" } });
    const sender = `${sessions.sandbox.path}/sender.js`;
    Deno.writeTextFileSync(sender, SENDER);
    const senders = Array.from({ length: SENDERS }, async (_, index) => {
      const args = ["run", "--allow-net", sender, String(session.port), session.token, `s${index}`, String(EACH)];
      const { stdout, stderr } = await new Deno.Command(Deno.execPath(), { args }).output();
      const codes = new TextDecoder().decode(stdout).trim().split("\n").map(Number);
      equal(codes.length, EACH, new TextDecoder().decode(stderr));
      return codes.flatMap((code, at) => {
        ok(code === 200 || code === 202 || code === 503, String(code));
        return code === 503 ? [] : [`s${index}-${at + 1}.`];
      });
    });
    const accepted = await Promise.all(senders);
    const total = accepted.flat().length;
    ok(total >= 64, `${total}`);
    await until(280_000, async () => {
      const { inbox } = await (await sessions.call(session, "/status")).json();
      return inbox.delivered_total + inbox.expired_total >= total && inbox.pending === 0 ? true : undefined;
    }, `${total} deliveries`);
    const idle = await sessions.ask(["wait", "--id", "many", "--until", "prompt", "--timeout", "60"]);
    equal(idle.code, 0);
    const did = [...sessions.transcript("many").matchAll(/did: (\S+)\r/g)].map((found) => found[1] ?? "");
    equal(did.length, total);
    for (const [index, own] of accepted.entries()) {
      deepEqual(did.filter((text) => text.startsWith(`s${index}-`)), own);
    }
    console.log(`${total} of ${SENDERS * EACH} delivered once, ${SENDERS * EACH - total} refused with 503`);
  },
});
