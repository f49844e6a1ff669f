/** When a message may be typed beside a person at the agent's terminal, and when their keys wait. */

import { createTypingGate } from "../../src/host/inbox/typing_gate.ts";
import { deepEqual, equal } from "../support/assert.ts";
import { createFakeClock } from "../support/fake_clock.ts";

const ECHO_MS = 1_000;
const DRAFT_AGE_MS = 60_000;

/** A gate before an agent whose input box shows `draft`; undefined where no box can be seen. */
function bench(draft?: string) {
  const clock = createFakeClock();
  const typed: string[] = [];
  const shown = { draft };
  let opened = 0;
  const gate = createTypingGate({
    clock,
    terminal: {
      type: (bytes) => Promise.resolve(void typed.push(new TextDecoder().decode(bytes))),
      draft: () => shown.draft,
    },
    onOpen: () => void opened++,
  });
  const press = (keys: string) => gate.type(new TextEncoder().encode(keys));
  const never = new AbortController().signal;
  return { clock, gate, press, typed, shown, never, opened: () => opened };
}

Deno.test("typingGate.isOpen() is true while no key was pressed", () => {
  equal(bench("").gate.isOpen(), true);
});

Deno.test("typingGate closes at a key, and opens when the input box is seen to be empty", async () => {
  const { clock, gate, press, shown, typed, opened } = bench("h");
  await press("h");
  deepEqual([gate.isOpen(), typed], [false, ["h"]]);
  await clock.advance(DRAFT_AGE_MS);
  deepEqual([gate.isOpen(), opened()], [false, 0]);
  shown.draft = "";
  await clock.advance(ECHO_MS);
  deepEqual([gate.isOpen(), opened()], [true, 1]);
});

Deno.test("typingGate opens after a minute without a key where no input box can be seen", async () => {
  const { clock, gate, press, opened } = bench();
  await press("h");
  await clock.advance(DRAFT_AGE_MS - ECHO_MS);
  deepEqual([gate.isOpen(), opened()], [false, 0]);
  await clock.advance(2 * ECHO_MS);
  deepEqual([gate.isOpen(), opened()], [true, 1]);
});

Deno.test("typingGate stays closed for a moment after Enter, which leaves no draft", async () => {
  const { clock, gate, press, opened } = bench();
  await press("hello\r");
  equal(gate.isOpen(), false);
  await clock.advance(ECHO_MS);
  deepEqual([gate.isOpen(), opened()], [true, 1]);
});

Deno.test("typingGate.untilOpen() tells an open gate from a time that ran out and from an abort", async () => {
  const { clock, gate, press, shown, never } = bench("h");
  equal(await gate.untilOpen({ limitMs: 1, signal: never }), true);
  await press("h");
  const abort = new AbortController();
  const waits = [
    gate.untilOpen({ limitMs: 5_000, signal: never }),
    gate.untilOpen({ limitMs: 60_000, signal: abort.signal }),
    gate.untilOpen({ limitMs: 60_000, signal: never }),
    gate.untilOpen({ limitMs: 60_000, signal: AbortSignal.abort() }),
  ];
  await clock.advance(6_000);
  abort.abort();
  shown.draft = "";
  await clock.advance(ECHO_MS);
  deepEqual(await Promise.all(waits), [false, false, true, false]);
});

Deno.test("typingGate.holdKeys() keeps keys, in order, until the last hold ends", async () => {
  const { gate, press, typed, clock } = bench();
  const holds = [gate.holdKeys(), gate.holdKeys()];
  await press("a");
  await press("b");
  holds[0]?.[Symbol.dispose]();
  await clock.advance(0);
  deepEqual(typed, []);
  holds[1]?.[Symbol.dispose]();
  await clock.advance(0);
  await press("c");
  deepEqual(typed, ["a", "b", "c"]);
});

Deno.test("typingGate.holdKeys() lets a paste through that is too long to be kept", async () => {
  const { gate, press, typed } = bench();
  using _hold = gate.holdKeys();
  await press("a");
  await press("x".repeat(256 * 1024));
  deepEqual(typed.map((text) => text.length), [1, 256 * 1024]);
});
