import { deepEqual, equal } from "../support/assert.ts";
import { createDeadline, firstFound, settledWithin, untilFound, untilTrue } from "../../src/platform/waiting.ts";
import { createFakeClock, type FakeClock } from "../support/fake_clock.ts";

/** What a promise has come to by now. */
function watched<T>(promise: Promise<T>): { result: T | "pending" } {
  const seen: { result: T | "pending" } = { result: "pending" };
  void promise.then((result) => seen.result = result);
  return seen;
}

/** Gives undefined until the clock shows `fromMs`; counts the looks. */
function appearing(clock: FakeClock, fromMs: number) {
  const looks: number[] = [];
  const look = () => {
    looks.push(clock.monotonic());
    return Promise.resolve(clock.monotonic() >= fromMs ? "there" : undefined);
  };
  return { looks, look };
}

Deno.test("untilFound() looks at once, then every so often, and gives what it found", async () => {
  const clock = createFakeClock();
  const { looks, look } = appearing(clock, 60);
  const seen = watched(untilFound(look, { clock, everyMs: 25, limitMs: 1_000 }));
  await clock.advance(74);
  equal(seen.result, "pending");
  await clock.advance(1);
  equal(seen.result, "there");
  deepEqual(looks, [0, 25, 50, 75]);
});

Deno.test("untilFound() looks a last time when the time runs out, and then no more", async () => {
  const clock = createFakeClock();
  const late = appearing(clock, 60);
  const found = watched(untilFound(late.look, { clock, everyMs: 25, limitMs: 60 }));
  const never = appearing(clock, Infinity);
  const missed = watched(untilFound(never.look, { clock, everyMs: 25, limitMs: 60 }));
  await clock.advance(59);
  equal(missed.result, "pending");
  await clock.advance(10_000);
  deepEqual([found.result, missed.result], ["there", undefined]);
  deepEqual([late.looks, never.looks], [[0, 25, 50, 60], [0, 25, 50, 60]]);
});

Deno.test("untilFound() ends when the signal comes, and does not look when it came before", async () => {
  const clock = createFakeClock();
  const { looks, look } = appearing(clock, Infinity);
  const over = new AbortController();
  const seen = watched(untilFound(look, { clock, everyMs: 100, signal: over.signal }));
  await clock.advance(150);
  over.abort();
  await clock.advance(0);
  equal(seen.result, undefined);
  deepEqual(looks, [0, 100]);
  equal(await untilFound(look, { clock, everyMs: 100, signal: over.signal }), undefined);
  equal(looks.length, 2);
});

Deno.test("untilFound() counts the time that a look takes", async () => {
  const clock = createFakeClock();
  const slow = async () => {
    await clock.sleep(40);
    return undefined;
  };
  const seen = watched(untilFound(slow, { clock, everyMs: 10, limitMs: 90 }));
  await clock.advance(89);
  equal(seen.result, "pending");
  await clock.advance(1); // the second look, from 50 on, takes until then
  equal(seen.result, undefined);
});

Deno.test("untilFound() fails as its look does", async () => {
  const clock = createFakeClock();
  const failing = untilFound(() => Promise.reject(new RangeError("no")), { clock, everyMs: 10 });
  equal(await failing.catch((error) => error.name), "RangeError");
});

Deno.test("untilTrue() says whether the condition was met in time", async () => {
  const clock = createFakeClock();
  const met = watched(untilTrue(() => Promise.resolve(clock.monotonic() >= 30), { clock, everyMs: 20, limitMs: 100 }));
  const unmet = watched(untilTrue(() => Promise.resolve(false), { clock, everyMs: 20, limitMs: 100 }));
  await clock.advance(100);
  deepEqual([met.result, unmet.result], [true, false]);
});

Deno.test("settledWithin() is true for a promise that settles in time, also one that fails", async () => {
  const clock = createFakeClock();
  const within = (promise: Promise<unknown>, signal?: AbortSignal) =>
    watched(settledWithin(promise, { clock, ms: 50, ...(signal && { signal }) }));
  const aborted = new AbortController();
  const seen = {
    resolves: within(clock.sleep(40)),
    fails: within(clock.sleep(40).then(() => Promise.reject(new Error("no")))),
    late: within(clock.sleep(60)),
    given_up: within(clock.sleep(40), aborted.signal),
  };
  await clock.advance(10);
  aborted.abort();
  await clock.advance(45);
  deepEqual(Object.values(seen).map(({ result }) => result), [true, true, false, false]);
});

Deno.test("createDeadline() aborts its signal when the time is up and when it is disposed, and tells them apart", async () => {
  const clock = createFakeClock();
  using deadline = createDeadline({ clock }, 100);
  const disposed = createDeadline({ clock }, 100);
  using never = createDeadline({ clock }, undefined);
  await clock.advance(99);
  deepEqual([deadline.expired, deadline.signal.aborted], [false, false]);
  disposed[Symbol.dispose]();
  await clock.advance(1);
  deepEqual([deadline.expired, deadline.signal.aborted], [true, true]);
  await clock.advance(1_000);
  deepEqual([disposed.expired, disposed.signal.aborted], [false, true]);
  deepEqual([never.expired, never.signal.aborted], [false, false]);
});

Deno.test("firstFound() gives the first finding, takes no further item, and closes the source", async () => {
  const taken: number[] = [];
  let closed = 0;
  async function* items() {
    try {
      for (let item = 1; item <= 4; item++) {
        taken.push(item);
        yield item;
      }
    } finally {
      closed++;
    }
  }
  equal(await firstFound(items(), (item) => item === 2 ? "two" : undefined), "two");
  deepEqual([taken, closed], [[1, 2], 1]);
  equal(await firstFound(items(), () => Promise.resolve(undefined)), undefined);
  deepEqual([taken, closed], [[1, 2, 1, 2, 3, 4], 2]);
});
