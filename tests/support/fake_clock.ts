/**
 * A clock that moves only when told: timers fire in order, and what they wake runs before the next one fires.
 */

import type { Clock } from "../../src/platform/platform.ts";

export interface FakeClock extends Clock {
  /** Moves time on by `ms`, firing what falls due, and lets everything that was woken run. */
  advance(ms: number): Promise<void>;
}

interface Timer {
  at: number;
  fire: () => void;
}

export function createFakeClock(start = 1_000_000): FakeClock {
  let now = start;
  const timers = new Set<Timer>();

  function after(ms: number, fire: () => void): () => void {
    const timer = { at: now + ms, fire };
    timers.add(timer);
    return () => void timers.delete(timer);
  }

  async function advance(ms: number): Promise<void> {
    const end = now + ms;
    await settle();
    for (;;) {
      const [next] = [...timers].filter(({ at }) => at <= end).sort((one, other) => one.at - other.at);
      if (next === undefined) break;
      timers.delete(next);
      now = Math.max(now, next.at);
      next.fire();
      await settle();
    }
    now = end;
  }

  return {
    now: () => now,
    monotonic: () => now - start,
    after,
    sleep: (ms, signal) =>
      new Promise((resolve) => {
        if (signal?.aborted) return resolve();
        const cancel = after(ms, resolve);
        signal?.addEventListener("abort", () => {
          cancel();
          resolve();
        }, { once: true });
      }),
    advance,
  };
}

/** Lets promise callbacks run until there are none; a macrotask comes after all of them. */
export async function settle(): Promise<void> {
  for (let round = 0; round < 3; round++) await new Promise((resolve) => setTimeout(resolve, 0));
}
