/**
 * Follows the file in which an agent keeps its own state. The file may appear late, or never: each change of the screen
 * triggers a look for it, and a file that is there is watched.
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
  /** Looks for the file, unless it was found already or looked for a moment ago. */
  nudge(): void;
  /** Resolves when no more signals will come. */
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

  /** The file has wall-clock times; observations have monotonic ones. */
  function timed(signal: ScreenSignal): ScreenSignal {
    if (signal.kind !== "ready" || signal.since === undefined) return signal;
    return { ...signal, since: signal.since - clock.now() + clock.monotonic() };
  }

  /** A file that must not be read is a source that says nothing. */
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
      // Without a watch (the folder is gone, the system has none left) the other sources remain.
      following = follow().catch(() => options.onSignal(SILENT));
    },
    async ended() {
      await following;
    },
  };
}
