/**
 * The machine's clock, and timers that may be longer than those of the runtime.
 */

import type { Clock } from "./platform.ts";

/** Beyond 2^31 - 1 ms, 24.8 days, a timer of Deno 2.7.11 fires at once. */
const LONGEST_TIMER_MS = 2 ** 31 - 1;

export function createClock(): Clock {
  return {
    now: () => Date.now(),
    monotonic: () => performance.now(),
    sleep: (ms, signal) =>
      new Promise((resolve) => {
        if (signal?.aborted) return resolve();
        const cancel = after(ms, finish);
        function finish() {
          cancel();
          signal?.removeEventListener("abort", finish);
          resolve();
        }
        signal?.addEventListener("abort", finish, { once: true });
      }),
    after,
  };
}

function after(ms: number, callback: () => void): () => void {
  let left = ms;
  let timer = arm();
  function arm(): number {
    const part = Math.min(left, LONGEST_TIMER_MS);
    left -= part;
    return setTimeout(() => left > 0 ? void (timer = arm()) : callback(), part);
  }
  return () => clearTimeout(timer);
}
