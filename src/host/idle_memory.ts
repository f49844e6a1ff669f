/** Gives memory back to the system once a session has become idle. Costs nothing while it stays idle. */

import type { Platform } from "../platform/platform.ts";

/** Shorter pauses are part of the work. V8 collects by itself after 8 s, but does not give most of the memory back. */
export const IDLE_MS = 20_000;

export interface IdleMemory extends Disposable {
  /** Something happened: the idle time starts again. */
  noteActivity(): void;
}

export function createIdleMemory({ clock, releaseMemory }: Pick<Platform, "clock" | "releaseMemory">): IdleMemory {
  let lastAt = 0;
  let cancel: (() => void) | undefined;

  /** One timer for any number of activities: it looks when it fires how long is left. */
  function releaseIfIdle(): void {
    const leftMs = lastAt + IDLE_MS - clock.monotonic();
    cancel = leftMs > 0 ? clock.after(leftMs, releaseIfIdle) : undefined;
    if (cancel === undefined) releaseMemory();
  }

  return {
    noteActivity() {
      lastAt = clock.monotonic();
      cancel ??= clock.after(IDLE_MS, releaseIfIdle);
    },
    [Symbol.dispose]: () => cancel?.(),
  };
}
