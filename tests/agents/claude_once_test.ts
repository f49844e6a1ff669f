/**
 * Every message is typed exactly once, whenever the agent answers: many messages against a mock that takes a random
 * time for each. `HARNEX_ONCE_SENDS=500` sends that many, `HARNEX_ONCE_SEED` repeats a run.
 */

import { deepEqual } from "../support/assert.ts";
import { randomFrom } from "../support/random.ts";
import { setStage } from "../support/claude_session.ts";

/** About a minute on two busy cores. */
const SENDS = Number(Deno.env.get("HARNEX_ONCE_SENDS") ?? 24);
const SEED = Number(Deno.env.get("HARNEX_ONCE_SEED") ?? Date.now() % 1_000_000);
/** Messages that are under way at the same time; the session queues 64 at most. */
const AT_ONCE = 8;
const MAX_DELAY_MS = 600;

Deno.test(`${SENDS} messages to claude are typed exactly once, seed ${SEED}`, async () => {
  console.log(`seed ${SEED}: ${SENDS} messages`);
  const random = randomFrom(SEED);
  const texts = Array.from({ length: SENDS }, (_, index) => {
    // A third is answered at once.
    const delay = random(3) === 0 ? "" : `DELAY ${(random(MAX_DELAY_MS) / 1000).toFixed(3)} `;
    return `${delay}SAY answer ${index}`;
  });
  await using stage = await setStage();
  await stage.start("--detach", "o1", "--inbox-ttl", "600");
  const ids = new Set<unknown>();
  for (let from = 0; from < SENDS; from += AT_ONCE) {
    for (const text of texts.slice(from, from + AT_ONCE)) {
      const flags = random(2) === 0 ? ["--no-wait"] : [];
      const sent = await stage.answer(0, "send", "--id", "o1", "--message", text, ...flags);
      ids.add(sent["message_id"]);
    }
    const last = [...ids].at(-1);
    await stage.event("o1", ({ type, message_id }) => type === "task_complete" && message_id === last);
  }
  deepEqual(stage.mock.requests.map(({ text }) => text), texts);
  const events = await stage.events("o1");
  for (const type of ["send", "turn_started", "task_complete"]) {
    deepEqual(events.filter((event) => event.type === type).map((event) => event["message_id"]), [...ids], type);
  }
  deepEqual(events.filter(({ type }) => type === "failed" || type === "task_failed"), []);
});
