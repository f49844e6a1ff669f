/**
 * When a session gives memory back: once, after it has become quiet.
 */

import { createTidier, QUIET_MS } from "../../src/host/idle_memory.ts";
import { equal } from "../support/assert.ts";
import { createFakeClock } from "../support/fake_clock.ts";

function watched() {
  const clock = createFakeClock();
  let released = 0;
  const tidier = createTidier({ clock, releaseMemory: () => void released++ });
  return { clock, tidier, released: () => released };
}

Deno.test("tidier.note() releases memory once the session has been quiet, and not again", async () => {
  const { clock, tidier, released } = watched();
  tidier.note();
  await clock.advance(QUIET_MS - 1);
  equal(released(), 0);
  await clock.advance(1);
  equal(released(), 1);
  await clock.advance(10 * QUIET_MS);
  equal(released(), 1);
});

Deno.test("tidier.note() puts the release off while things happen", async () => {
  const { clock, tidier, released } = watched();
  for (let round = 0; round < 5; round++) {
    tidier.note();
    await clock.advance(QUIET_MS / 2);
  }
  equal(released(), 0);
  await clock.advance(QUIET_MS / 2);
  equal(released(), 1);
  tidier.note();
  await clock.advance(QUIET_MS);
  equal(released(), 2);
});

Deno.test("a tidier that is disposed releases nothing", async () => {
  const { clock, tidier, released } = watched();
  tidier.note();
  tidier[Symbol.dispose]();
  await clock.advance(10 * QUIET_MS);
  equal(released(), 0);
});
