/** A clock that moves only when a test says so. */

import type { Clock } from "../../src/platform/platform.ts";

export interface ManualClock extends Clock {
  /** Moves on, calling back what falls due on the way, each at its own time. */
  advance(ms: number): void;
  advanceTo(ms: number): void;
}

interface Timer {
  due: number;
  callback: () => void;
}

export function createManualClock(): ManualClock {
  let time = 0;
  const timers = new Set<Timer>();

  function after(ms: number, callback: () => void): () => void {
    const timer = { due: time + ms, callback };
    timers.add(timer);
    return () => timers.delete(timer);
  }

  function advanceTo(target: number): void {
    for (;;) {
      const [next] = [...timers].filter(({ due }) => due <= target).sort((a, b) => a.due - b.due);
      if (next === undefined) break;
      timers.delete(next);
      time = Math.max(time, next.due);
      next.callback();
    }
    time = Math.max(time, target);
  }

  return {
    now: () => time,
    monotonic: () => time,
    after,
    sleep(ms, signal) {
      return new Promise((resolve) => {
        if (signal?.aborted) return resolve();
        const cancel = after(ms, resolve);
        signal?.addEventListener("abort", () => {
          cancel();
          resolve();
        }, { once: true });
      });
    },
    advance: (ms) => advanceTo(time + ms),
    advanceTo,
  };
}
