/**
 * Between output and screen: everything that was added is drawn, and the screen is read once a frame.
 */

import type { Screen } from "../../src/transports/terminal/screen.ts";
import { createEmulator } from "../../src/transports/terminal/emulator.ts";
import { createScreenFeed } from "../../src/transports/terminal/screen_feed.ts";
import { deepEqual, equal } from "../support/assert.ts";
import { createFakeClock } from "../support/fake_clock.ts";

const NEVER = new AbortController().signal;
const bytesOf = (text: string) => new TextEncoder().encode(text);

async function bench() {
  const clock = createFakeClock();
  const emulator = await createEmulator({ rows: 5, columns: 20 });
  const read: string[] = [];
  const feed = createScreenFeed({
    clock,
    emulator,
    read: (screen) => ({ kind: "unclear", label: screen.text[0] ?? "" }),
    onSignal: ({ label }) => void read.push(label),
  });
  return { clock, feed, read, [Symbol.dispose]: () => emulator.dispose() };
}

const has = (words: string) => (screen: Screen) => screen.text[0]?.includes(words) ? words : undefined;

Deno.test("ScreenFeed.screen() shows everything that was added before", async () => {
  using stage = await bench();
  void stage.feed.add(bytesOf("one "));
  void stage.feed.add(bytesOf("two "));
  equal((await stage.feed.screen()).text[0], "one two");
});

Deno.test("ScreenFeed.whenDrawn() looks when nothing waits to be drawn", async () => {
  using stage = await bench();
  void stage.feed.add(bytesOf("one "));
  const seen = stage.feed.whenDrawn(() => stage.read.at(-1));
  void stage.feed.add(bytesOf("two"));
  await seen;
  equal((await stage.feed.screen()).text[0], "one two");
});

Deno.test("ScreenFeed reads the screen at once, and then at most once a frame", async () => {
  using stage = await bench();
  for (const text of ["a", "b", "c"]) await stage.feed.whenDrawn(() => void stage.feed.add(bytesOf(text)));
  await stage.feed.screen();
  deepEqual(stage.read, ["a"]);
  await stage.clock.advance(16);
  deepEqual(stage.read, ["a", "abc"]);
});

Deno.test("ScreenFeed.end() reads what the last frame has not shown", async () => {
  using stage = await bench();
  await stage.feed.whenDrawn(() => void stage.feed.add(bytesOf("a")));
  await stage.feed.whenDrawn(() => void stage.feed.add(bytesOf("b")));
  await stage.feed.end();
  deepEqual(stage.read, ["a", "ab"]);
});

Deno.test("ScreenFeed.until() gives the first answer: now, after a reading, or never within the limit", async () => {
  using stage = await bench();
  const options = { limitMs: 100, signal: NEVER };
  const later = stage.feed.until(has("ready"), options);
  void stage.feed.add(bytesOf("ready"));
  equal(await later, "ready");
  equal(await stage.feed.until(has("ready"), options), "ready");
  const never = stage.feed.until(has("done"), options);
  await stage.clock.advance(100);
  equal(await never, undefined);
});

Deno.test("ScreenFeed.until() looks once more when its time is over", async () => {
  using stage = await bench();
  await stage.feed.whenDrawn(() => void stage.feed.add(bytesOf("a")));
  await stage.feed.screen();
  const seen = stage.feed.until(has("ab"), { limitMs: 10, signal: NEVER });
  void stage.feed.add(bytesOf("b")); // drawn at once, read after the frame
  await stage.clock.advance(10);
  equal(await seen, "ab");
});

Deno.test("ScreenFeed.until() ends without an answer on abort", async () => {
  using stage = await bench();
  const giveUp = new AbortController();
  const seen = stage.feed.until(has("never"), { limitMs: 1_000, signal: giveUp.signal });
  giveUp.abort();
  equal(await seen, undefined);
});

Deno.test("ScreenFeed.quiet() resolves when nothing was added for so long, or at its limit", async () => {
  using stage = await bench();
  let isQuiet = false;
  void stage.feed.quiet({ quietMs: 30, limitMs: 100, signal: NEVER }).then(() => isQuiet = true);
  await stage.clock.advance(20);
  await stage.feed.add(bytesOf("a"));
  await stage.clock.advance(20);
  equal(isQuiet, false);
  await stage.clock.advance(10);
  equal(isQuiet, true);
});
