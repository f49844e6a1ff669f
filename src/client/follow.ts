/**
 * Waits for what happens in a session: its events as they come, its end, a file that grows. Event-driven: a held
 * connection tells of the host's death, the system tells of changed files. Nothing here polls.
 */

import { HarnexError } from "../model/errors.ts";
import type { ReadEvent } from "../model/events.ts";
import type { ExitRecord } from "../model/session.ts";
import type { Files, Platform } from "../platform/platform.ts";
import { addressOf, createSessionClient, isGone } from "./session_client.ts";
import { findEnd, type FoundSession, type Store } from "./store.ts";

const READ_SLICE = 1 << 20;
/** A host closes its address last; it is gone this much later, or it hangs. */
const CLOSING_MS = 5_000;
const CLOSING_STEP_MS = 25;

/** Aborts after `ms` of monotonic time; `expired` tells a deadline from another abort. */
export interface Deadline extends Disposable {
  signal: AbortSignal;
  readonly expired: boolean;
}

export function createDeadline(platform: Platform, ms: number | undefined): Deadline {
  const controller = new AbortController();
  let expired = false;
  const cancel = ms === undefined ? () => {} : platform.clock.after(ms, () => {
    expired = true;
    controller.abort();
  });
  return {
    signal: controller.signal,
    get expired() {
      return expired;
    },
    [Symbol.dispose]: cancel,
  };
}

/** Only what happens from now on. */
export const LIVE_ONLY = Number.MAX_SAFE_INTEGER;

/**
 * The session's events from `from` on; once this has resolved, nothing is missed. Ends with the session; a host that
 * is dead, or dies, ends it too.
 */
export async function followEvents(
  session: FoundSession,
  from: number,
  signal: AbortSignal,
): Promise<AsyncIterable<ReadEvent>> {
  try {
    return await createSessionClient(addressOf(session.record)).events(from, signal);
  } catch (error) {
    if (isGone(error) || (error instanceof HarnexError && error.code === "timeout")) return nothing();
    throw error;
  }
}

async function* nothing(): AsyncGenerator<never> {}

/** Resolves with how the session ended; undefined when aborted first. */
export async function awaitEnd(
  store: Store,
  session: FoundSession,
  signal: AbortSignal,
): Promise<ExitRecord | undefined> {
  for (;;) {
    const end = await findEnd(store, session);
    if (end !== undefined || signal.aborted) return end;
    for await (const _event of await followEvents(session, LIVE_ONLY, signal)) {
      // only the end of the stream matters
    }
    const gone = await awaitGone(store, session, signal);
    if (gone !== undefined) return gone;
  }
}

/** After the event stream is over: the host is about to be gone, unless it was never reachable. */
export async function awaitGone(
  store: Store,
  session: FoundSession,
  signal?: AbortSignal,
): Promise<ExitRecord | undefined> {
  for (let waited = 0; waited < CLOSING_MS && !signal?.aborted; waited += CLOSING_STEP_MS) {
    const end = await findEnd(store, session);
    if (end !== undefined) return end;
    await store.platform.clock.sleep(CLOSING_STEP_MS, signal);
  }
  return undefined;
}

/** After the end was told: until the host itself is gone, and with it its address and its record. */
export async function awaitHostGone(store: Store, { record }: FoundSession): Promise<void> {
  const { clock, processes } = store.platform;
  const host = { pid: record.host_pid, start: record.host_start };
  for (let waited = 0; waited < CLOSING_MS && await processes.isAlive(host); waited += CLOSING_STEP_MS) {
    await clock.sleep(CLOSING_STEP_MS);
  }
}

/** What a followed file did. */
export type FileNews =
  | { kind: "bytes"; bytes: Uint8Array }
  | { kind: "truncated" }
  | { kind: "gone" };

/** A file's bytes from `offset` on, as it grows, until aborted; ends after `truncated` or `gone`. */
export async function* followFile(
  files: Files,
  path: string,
  options: { offset: number; signal: AbortSignal },
): AsyncGenerator<FileNews> {
  let { offset } = options;
  for await (const _change of files.watch(path, options.signal)) {
    const stat = await files.stat(path);
    if (stat === undefined) return yield { kind: "gone" };
    if (stat.size < offset) return yield { kind: "truncated" };
    while (offset < stat.size) {
      const bytes = await files.readRange(path, { offset, maxBytes: READ_SLICE });
      if (bytes === undefined || bytes.length === 0) break;
      offset += bytes.length;
      yield { kind: "bytes", bytes };
    }
  }
}
