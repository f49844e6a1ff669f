/**
 * How much an agent gets as answers to its terminal queries: a burst at once, then a steady rate.
 */

import { createReplyLimit } from "../../src/transports/pty/reply_limit.ts";
import { deepEqual, equal } from "../support/assert.ts";
import { createFakeClock } from "../support/fake_clock.ts";

const BURST = 16 * 1024;
const PER_SECOND = 512;

Deno.test("createReplyLimit() allows a burst of 16 KiB and not a byte more", () => {
  const mayReply = createReplyLimit(createFakeClock());
  deepEqual([mayReply(BURST), mayReply(1)], [true, false]);
});

Deno.test("createReplyLimit() does not count an answer that it refuses", () => {
  const mayReply = createReplyLimit(createFakeClock());
  deepEqual([mayReply(BURST - 10), mayReply(11), mayReply(10), mayReply(1)], [true, false, true, false]);
});

Deno.test("createReplyLimit() allows 512 bytes more each second", async () => {
  const clock = createFakeClock();
  const mayReply = createReplyLimit(clock);
  mayReply(BURST);
  await clock.advance(500);
  deepEqual([mayReply(PER_SECOND / 2 + 1), mayReply(PER_SECOND / 2), mayReply(1)], [false, true, false]);
  await clock.advance(10_000);
  deepEqual([mayReply(10 * PER_SECOND), mayReply(1)], [true, false]);
});

Deno.test("createReplyLimit() saves up no more than one burst", async () => {
  const clock = createFakeClock();
  const mayReply = createReplyLimit(clock);
  await clock.advance(24 * 60 * 60_000);
  deepEqual([mayReply(BURST + 1), mayReply(BURST), mayReply(1)], [false, true, false]);
});

Deno.test("createReplyLimit() answers an agent that asks now and then for ever", async () => {
  const clock = createFakeClock();
  const mayReply = createReplyLimit(clock);
  let answered = 0;
  for (let second = 0; second < 50; second++) {
    for (let query = 0; query < 10; query++) if (mayReply(40)) answered += 1;
    await clock.advance(1_000);
  }
  equal(answered, 500);
});
