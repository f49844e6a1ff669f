/**
 * Watches an agent that meets errors and tries again: single retries are its own business, a streak that lasts too
 * long is not. Decides only; the transport acts.
 */

import type { Clock } from "../../platform/platform.ts";

export interface RetryWatch {
  /** The agent reports an error after which it will try again. */
  retrying(message: string): void;
  /** Something flows again; the streak counts on should it break once more. */
  alive(): void;
  /** Work was done, or the turn is over: the streak is past. */
  progress(): void;
}

export interface RetryWatchOptions {
  clock: Clock;
  limitMs: number;
  /** Called once a streak. */
  onTooLong: (message: string, lastedMs: number) => void;
}

export function createRetryWatch({ clock, limitMs, onTooLong }: RetryWatchOptions): RetryWatch {
  let since: number | undefined;
  let reported = false;
  let cancel: () => void = () => {};

  return {
    retrying(message) {
      cancel();
      if (reported) return;
      since ??= clock.monotonic();
      const started = since;
      const report = () => {
        reported = true;
        onTooLong(message, clock.monotonic() - started);
      };
      const leftMs = limitMs - (clock.monotonic() - started);
      if (leftMs <= 0) report();
      else cancel = clock.after(leftMs, report);
    },
    alive: () => cancel(),
    progress() {
      cancel();
      since = undefined;
      reported = false;
    },
  };
}
