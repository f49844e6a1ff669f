/** When a session gives memory back: once, after it has become idle. */

import { createIdleMemory, IDLE_MS } from "../../src/host/idle_memory.ts";
import { equal } from "../support/assert.ts";
import { createFakeClock } from "../support/fake_clock.ts";

function bench() {
  const clock = createFakeClock();
  let released = 0;
  const idleMemory = createIdleMemory({ clock, releaseMemory: () => void released++ });
  return { clock, idleMemory, released: () => released };
}

Deno.test("idleMemory.noteActivity() releases memory once the session has been idle, and not again", async () => {
  const { clock, idleMemory, released } = bench();
  idleMemory.noteActivity();
  await clock.advance(IDLE_MS - 1);
  equal(released(), 0);
  await clock.advance(1);
  equal(released(), 1);
  await clock.advance(10 * IDLE_MS);
  equal(released(), 1);
});

Deno.test("idleMemory.noteActivity() postpones the release while things happen", async () => {
  const { clock, idleMemory, released } = bench();
  for (let round = 0; round < 5; round++) {
    idleMemory.noteActivity();
    await clock.advance(IDLE_MS / 2);
  }
  equal(released(), 0);
  await clock.advance(IDLE_MS / 2);
  equal(released(), 1);
  idleMemory.noteActivity();
  await clock.advance(IDLE_MS);
  equal(released(), 2);
});

Deno.test("an idle memory that is disposed releases nothing", async () => {
  const { clock, idleMemory, released } = bench();
  idleMemory.noteActivity();
  idleMemory[Symbol.dispose]();
  await clock.advance(10 * IDLE_MS);
  equal(released(), 0);
});
