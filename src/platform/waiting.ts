/**
 * Waiting with a limit: for a promise, for a condition that must be polled, for a change that settles something.
 * Every limit is measured by the monotonic clock.
 */

import type { Clock } from "./platform.ts";

/** Bounds what is done before it is disposed. */
export interface Deadline extends Disposable {
  /** aborted when the time runs out, and when the deadline is disposed: nothing is left that waits under it */
  readonly signal: AbortSignal;
  /** whether the time ran out */
  readonly expired: boolean;
}

/** A deadline `ms` from now; one that never expires without `ms`. */
export function createDeadline({ clock }: { clock: Clock }, ms: number | undefined): Deadline {
  const controller = new AbortController();
  let expired = false;
  const cancel = ms === undefined ? () => {} : clock.after(ms, () => {
    expired = true;
    controller.abort();
  });
  return {
    signal: controller.signal,
    get expired() {
      return expired;
    },
    [Symbol.dispose]() {
      cancel();
      controller.abort();
    },
  };
}

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

export interface PollOptions {
  clock: Clock;
  /** between two looks */
  everyMs: number;
  /** the last look is at this time, at the earliest; undefined: until `signal` */
  limitMs?: number;
  signal?: AbortSignal;
}

/**
 * What `look` gives as soon as that is not undefined; undefined when the time ran out or the signal came first. For
 * facts that the system does not report; everything else has an event to wait for.
 */
export async function untilFound<T>(
  look: () => Promise<T | undefined>,
  { clock, everyMs, limitMs = Infinity, signal }: PollOptions,
): Promise<T | undefined> {
  const endAt = clock.monotonic() + limitMs;
  while (!signal?.aborted) {
    const found = await look();
    if (found !== undefined) return found;
    const leftMs = endAt - clock.monotonic();
    if (leftMs <= 0) return undefined;
    await clock.sleep(Math.min(everyMs, leftMs), signal);
  }
  return undefined;
}

/** Whether `test` became true before the time ran out or the signal came. */
export async function untilTrue(test: () => Promise<boolean>, options: PollOptions): Promise<boolean> {
  return await untilFound(async () => await test() || undefined, options) === true;
}

/** The first thing that `look` finds in what comes; undefined when nothing more comes. */
export async function firstFound<Item, Found>(
  items: AsyncIterable<Item>,
  look: (item: Item) => Promise<Found | undefined> | Found | undefined,
): Promise<Found | undefined> {
  for await (const item of items) {
    const found = await look(item);
    if (found !== undefined) return found;
  }
  return undefined;
}
