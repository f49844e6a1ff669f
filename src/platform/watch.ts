/**
 * Watching one file: an event of its folder is a reason to look. Where the system has no watch left, it is looked at
 * now and then.
 */

import { dirname, resolve } from "node:path";
import { createClock } from "./clock.ts";

/** How often a file is looked at that cannot be watched. */
const LOOK_MS = 100;

/**
 * Yields once at once, and then whenever the file may have changed, until `signal` is aborted. Throws where the folder
 * is not there.
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
    // Event kinds are unreliable on renames: any event that names the file means "look again". Deno 2.7 tells every
    // watch of a process of whatever is removed under any of them: a name alone does not say that it is this file.
    const wanted = resolve(path);
    for (;;) {
      const { value: event, done } = await folder.next();
      if (done) return;
      // Deno 2.7 queues sixteen events and drops the rest; those sixteen come later than what they crowded out.
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

/** What happens in a folder, until it is closed. */
interface FolderWatch {
  next(): Promise<IteratorResult<{ paths: readonly string[] }, undefined>>;
  close(): void;
}

function watchFolder(path: string): FolderWatch {
  const watcher = openWatcher(path);
  if (watcher === undefined) return lookAgain();
  // Read by hand: leaving a for-await would close the watcher a second time.
  const events = watcher[Symbol.asyncIterator]();
  return { next: () => events.next(), close: () => watcher.close() };
}

/** Undefined where the system has none left: Linux has so many for each user, and an editor may have taken them all. */
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

/** An event that names no file, again and again. */
function lookAgain(): FolderWatch {
  const { sleep } = createClock();
  const over = new AbortController();
  return {
    async next() {
      await sleep(LOOK_MS, over.signal);
      return over.signal.aborted ? { done: true, value: undefined } : { done: false, value: { paths: [] } };
    },
    close: () => over.abort(),
  };
}

/** Differs when a file was replaced, written to, made or removed. */
function fingerprint(path: string): string {
  try {
    const { ino, size, mtime } = Deno.lstatSync(path);
    return `${ino} ${size} ${mtime?.getTime()}`;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound || error instanceof Deno.errors.NotADirectory) return "absent";
    throw error;
  }
}
