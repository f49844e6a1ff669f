/**
 * Watches one file through the events of its folder. When the system has no watch left, the file is polled.
 */

import { dirname, resolve } from "node:path";
import { createClock } from "./clock.ts";

/** The interval at which a file is polled. */
const POLL_MS = 100;

/**
 * Yields at once, and then whenever the file may have changed, until `signal` is aborted. Throws when the folder does
 * not exist.
 */
export async function* watch(path: string, signal: AbortSignal): AsyncGenerator<void> {
  if (signal.aborted) return;
  const folder = watchFolder(dirname(path));
  let open = true;
  const close = () => {
    if (open) folder.close();
    open = false;
  };
  signal.addEventListener("abort", close, { once: true });
  let seen = fingerprint(path);
  try {
    yield;
    if (signal.aborted) return;
    // Event kinds are unreliable on renames, so every event that names the file counts. Deno 2.7 reports a removal
    // under one watch to every watch of the process, so only the full path shows that an event is about this file.
    const wanted = resolve(path);
    for (;;) {
      const { value: event, done } = await folder.next();
      if (done) return;
      // Deno 2.7 queues sixteen events and drops later ones, so an event about this file may be missing.
      const now = fingerprint(path);
      if (now !== seen || event.paths.includes(wanted)) {
        seen = now;
        yield;
      }
      if (signal.aborted) return;
    }
  } finally {
    signal.removeEventListener("abort", close);
    close();
  }
}

/** The events of a folder, until closed. */
interface FolderWatch {
  next(): Promise<IteratorResult<{ paths: readonly string[] }, undefined>>;
  close(): void;
}

function watchFolder(path: string): FolderWatch {
  const watcher = openWatcher(path);
  if (watcher === undefined) return pollFolder();
  // Read by hand: leaving a for-await would close the watcher a second time.
  const events = watcher[Symbol.asyncIterator]();
  return { next: () => events.next(), close: () => watcher.close() };
}

/** Undefined when the system has none left: Linux limits them per user, and an editor may use them all. */
function openWatcher(folder: string): Deno.FsWatcher | undefined {
  try {
    return Deno.watchFs(folder, { recursive: false });
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) throw error;
    return undefined;
  }
}

export function hasWatches(): boolean {
  const watcher = openWatcher("/");
  watcher?.close();
  return watcher !== undefined;
}

/** An event without a file, at every interval. */
function pollFolder(): FolderWatch {
  const { sleep } = createClock();
  const over = new AbortController();
  return {
    async next() {
      await sleep(POLL_MS, over.signal);
      return over.signal.aborted ? { done: true, value: undefined } : { done: false, value: { paths: [] } };
    },
    close: () => over.abort(),
  };
}

/** Changes when a file is replaced, written to, created or removed. */
function fingerprint(path: string): string {
  try {
    const { ino, size, mtime } = Deno.lstatSync(path);
    return `${ino} ${size} ${mtime?.getTime()}`;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound || error instanceof Deno.errors.NotADirectory) return "absent";
    throw error;
  }
}
