/**
 * Follows the file in which an agent keeps its own state. The file may come late, or never: it is looked for when
 * the screen changes, and watched once it is there.
 */

import type { Clock, Files } from "../../platform/platform.ts";
import type { ScreenSignal, StateFileReader } from "../agent_process.ts";

/** How often to look for a file that is not there yet. */
const LOOK_MS = 200;
const SILENT: ScreenSignal = { kind: "unclear", label: "unknown" };

export interface StateFileOptions {
  files: Files;
  clock: Clock;
  reader: StateFileReader;
  agent: { pid: number; start: string };
  env: Readonly<Record<string, string | undefined>>;
  onSignal: (signal: ScreenSignal) => void;
  /** aborted when the agent has ended */
  signal: AbortSignal;
}

export interface StateFile {
  /** Something happened: look for the file, if it was not found yet. */
  nudge(): void;
  /** Resolves when nothing more will be told. */
  ended(): Promise<void>;
}

export function followStateFile(options: StateFileOptions): StateFile {
  const { files, clock, reader, agent, signal } = options;
  const path = reader.path({ pid: agent.pid, env: options.env });
  let following: Promise<void> | undefined;
  let lookedAt = -Infinity;

  async function follow(): Promise<void> {
    if ((await readQuietly()) === undefined) {
      following = undefined;
      return;
    }
    for await (const _change of files.watch(path, signal)) {
      const text = await readQuietly();
      if (!signal.aborted) options.onSignal(text === undefined ? SILENT : timed(reader.read(text, agent)));
    }
  }

  /** The file tells times by the wall clock, and everything else is timed by the monotonic one. */
  function timed(told: ScreenSignal): ScreenSignal {
    if (told.kind !== "ready" || told.since === undefined) return told;
    return { ...told, since: told.since - clock.now() + clock.monotonic() };
  }

  /** A file that may not be read is a source that says nothing. */
  async function readQuietly(): Promise<string | undefined> {
    try {
      return await files.readText(path);
    } catch {
      return undefined;
    }
  }

  return {
    nudge() {
      if (following !== undefined || signal.aborted || clock.monotonic() < lookedAt + LOOK_MS) return;
      lookedAt = clock.monotonic();
      // A watch that cannot be had (no such folder any more, no watches left) leaves the other sources.
      following = follow().catch(() => options.onSignal(SILENT));
    },
    async ended() {
      await following;
    },
  };
}
