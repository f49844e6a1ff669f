/**
 * Waits for what happens in a session: its events as they come, its end, a file that grows. A held connection shows
 * the death of the host, and the system reports changed files; only the last moment of a host is polled.
 */

import { HarnexError } from "../model/errors.ts";
import type { ReadEvent } from "../model/events.ts";
import type { ExitRecord } from "../model/session.ts";
import type { Files } from "../platform/platform.ts";
import { untilFound, untilTrue } from "../platform/waiting.ts";
import { addressOf, createSessionClient, isGone } from "./session_client.ts";
import { findEnd, type FoundSession, type Store } from "./store.ts";

const READ_SLICE = 1 << 20;
/** A host closes its address last and exits within this time, or it hangs. */
const CLOSING_MS = 5_000;
const CLOSING_STEP_MS = 25;

/** Only what happens from now on. */
export const LIVE_ONLY = Number.MAX_SAFE_INTEGER;

/**
 * The session's events from `from` on. No event is missed once this has resolved. The iteration ends with the session,
 * and at once when its host is dead or dies.
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

/**
 * How the session ended, once its event stream is over: its host is about to exit. Undefined when aborted first, and
 * when the host lives on, because its API refuses connections for a while.
 */
export async function awaitGone(
  store: Store,
  session: FoundSession,
  signal?: AbortSignal,
): Promise<ExitRecord | undefined> {
  return await untilFound(() => findEnd(store, session), { ...closing(store), signal });
}

/** Resolves when the host has exited, which is after its session's end: its address and its id are free then. */
export async function awaitHostGone(store: Store, { record }: FoundSession): Promise<void> {
  const host = { pid: record.host_pid, start: record.host_start };
  await untilTrue(async () => !(await store.platform.processes.isAlive(host)), closing(store));
}

function closing({ platform: { clock } }: Store) {
  return { clock, everyMs: CLOSING_STEP_MS, limitMs: CLOSING_MS };
}

/** What happened to a followed file. */
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
