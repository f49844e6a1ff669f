/**
 * Sends the agent a message to read a file whenever that file has changed: created later, written, replaced by a
 * rename, deleted and created again. Event-driven; a burst of changes gives one message, when it is over.
 */

import { dirname, resolve } from "node:path";
import { HarnexError } from "../model/errors.ts";
import type { Clock, Files, FileStat } from "../platform/platform.ts";
import type { Inbox } from "./inbox/inbox.ts";

/** The established debounce. */
const DEBOUNCE_MS = 1_000;
/** A file that changes all the time gives a message all the same, this often. */
const BURST_LIMIT_MS = 10_000;

/** The hook in the registry record. */
export interface FileHookFields {
  watch_path: string;
  watch_absolute_path: string;
  watch_debounce_seconds: number;
}

/** `path` is as the person wrote it, relative to the repository's root. */
export function fileHookFields(path: string, repoRoot: string): FileHookFields {
  return {
    watch_path: path,
    watch_absolute_path: resolve(repoRoot, path),
    watch_debounce_seconds: DEBOUNCE_MS / 1000,
  };
}

export interface FileHookDeps {
  files: Files;
  clock: Clock;
  inbox: Pick<Inbox, "send" | "find">;
  /** called with what went wrong; the session goes on */
  warn: (trouble: unknown) => void;
  signal: AbortSignal;
}

export interface FileHook {
  /** resolves when no later change can be missed */
  armed: Promise<void>;
  ended: Promise<void>;
}

/** Runs until aborted. The file's folder is created. Never rejects. */
export function runFileHook(fields: FileHookFields, deps: FileHookDeps): FileHook {
  const armed = Promise.withResolvers<void>();
  return { armed: armed.promise, ended: follow(fields, deps, armed.resolve).finally(armed.resolve) };
}

async function follow(fields: FileHookFields, deps: FileHookDeps, onArmed: () => void): Promise<void> {
  const { files, clock, signal } = deps;
  const path = fields.watch_absolute_path;
  let reported: string | undefined;
  let cancel = () => {};
  let burstSince: number | undefined;
  let lastMessage: string | undefined;

  async function report(): Promise<void> {
    burstSince = undefined;
    const now = fingerprint(await files.stat(path));
    if (now === reported) return;
    reported = now;
    if (now === undefined || signal.aborted) return;
    // A message that still waits will make the agent read the newest content.
    if (lastMessage !== undefined && deps.inbox.find(lastMessage)?.status === "queued") return;
    try {
      const text = `file-change-hook: read ${fields.watch_path}`;
      lastMessage = (await deps.inbox.send({ text, mode: "submit", force: false })).messageId;
    } catch (error) {
      if (!(error instanceof HarnexError)) throw error;
      deps.warn(error);
    }
  }

  try {
    await files.makeDirectory(dirname(path));
    let armed = false;
    for await (const _change of files.watch(path, signal)) {
      if (!armed) {
        armed = true;
        reported = fingerprint(await files.stat(path));
        onArmed();
        continue;
      }
      cancel();
      burstSince ??= clock.monotonic();
      const wait = Math.min(DEBOUNCE_MS, Math.max(0, burstSince + BURST_LIMIT_MS - clock.monotonic()));
      cancel = clock.after(wait, () => void report().catch(deps.warn));
    }
  } catch (error) {
    deps.warn(error);
  } finally {
    cancel();
  }
}

/** Differs whenever the content may differ. */
function fingerprint(stat: FileStat | undefined): string | undefined {
  return stat === undefined ? undefined : `${stat.inode} ${stat.size} ${stat.mtimeMs}`;
}
