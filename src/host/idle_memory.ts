/**
 * Lets a session that has become quiet give back the memory that its work took. Costs nothing while it stays quiet.
 */

import type { Platform } from "../platform/platform.ts";

/** Shorter pauses are part of the work; V8 would think of it by itself after 8 s, but not give back the most of it. */
export const QUIET_MS = 20_000;

export interface Tidier extends Disposable {
  /** Something happened: the session is not quiet. */
  note(): void;
}

export function createTidier({ clock, releaseMemory }: Pick<Platform, "clock" | "releaseMemory">): Tidier {
  let lastAt = 0;
  let cancel: (() => void) | undefined;
  function look(): void {
    const rest = lastAt + QUIET_MS - clock.monotonic();
    cancel = rest > 0 ? clock.after(rest, look) : undefined;
    if (cancel === undefined) releaseMemory();
  }
  return {
    note() {
      lastAt = clock.monotonic();
      cancel ??= clock.after(QUIET_MS, look);
    },
    [Symbol.dispose]: () => cancel?.(),
  };
}
