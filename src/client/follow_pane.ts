/** Reads an agent's screen again and again, until its session ends. */

import { awaitEnd, awaitGone } from "./follow.ts";
import type { PaneReader, PaneText } from "./pane.ts";
import type { Store } from "./store.ts";

/** The screen now, and after every `intervalMs`. */
export async function* followPane(
  store: Store,
  pane: PaneReader,
  options: Parameters<PaneReader["read"]>[0] & { intervalMs: number },
): AsyncGenerator<PaneText> {
  yield await pane.read(options);
  const ended = new AbortController();
  const end = awaitEnd(store, pane.session, ended.signal).then(() => ended.abort());
  for (;;) {
    await store.platform.clock.sleep(options.intervalMs, ended.signal);
    if (ended.signal.aborted) break;
    try {
      yield await pane.read(options);
    } catch (error) {
      // A session that ends takes its screen with it, perhaps in the middle of a reading.
      if (await awaitGone(store, pane.session) === undefined) throw error;
      break;
    }
  }
  await end;
}
