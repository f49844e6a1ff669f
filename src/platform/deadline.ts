/** Waiting with a limit. Every wait of a transport that has no deadline of its own goes through here. */

import type { Clock } from "./platform.ts";

export interface WithinOptions {
  clock: Clock;
  ms: number;
  signal?: AbortSignal;
}

/** Whether `promise` settled in time, however it settled; false when the time ran out or the signal came first. */
export async function settledWithin(promise: Promise<unknown>, options: WithinOptions): Promise<boolean> {
  const { clock, ms, signal } = options;
  const over = new AbortController();
  const stop = signal === undefined ? over.signal : AbortSignal.any([signal, over.signal]);
  const settled = promise.then(() => true, () => true);
  try {
    return await Promise.race([settled, clock.sleep(ms, stop).then(() => false)]);
  } finally {
    over.abort();
  }
}
