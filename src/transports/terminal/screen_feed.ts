/**
 * Between an agent's output and the emulator: flow control, floods, and reading the screen no more often than a
 * person could. Tells each reading, and lets others wait for the screen to show something.
 */

import { joinBytes } from "../../text/bytes.ts";
import type { Clock } from "../../platform/platform.ts";
import type { ScreenSignal } from "../agent_process.ts";
import type { Emulator } from "./emulator.ts";
import type { Screen } from "./screen.ts";

/** Output that is read but not drawn yet; past it the agent waits. The emulator itself fails at 50 MB. */
const BACKLOG_LIMIT = 4 << 20;
/** At most one reading of the screen in this time, about a display's frame. */
const FRAME_MS = 16;

export interface ScreenFeed {
  /** Takes output; resolves when more may come. */
  add(bytes: Uint8Array): Promise<void>;
  /** No more output: resolves when everything is drawn and read. */
  end(): Promise<void>;
  /** The screen after everything added so far. */
  screen(): Promise<Screen>;
  /** Calls `look` at a moment when everything added so far is drawn. */
  whenDrawn<T>(look: () => T): Promise<T>;
  /** Resolves when nothing was added for `quietMs`, after `limitMs` at most. */
  quiet(options: { quietMs: number; limitMs: number; signal: AbortSignal }): Promise<void>;
  /** The first answer that is not undefined; undefined after `limitMs`. */
  until<T>(
    look: (screen: Screen) => T | undefined,
    options: { limitMs: number; signal: AbortSignal },
  ): Promise<T | undefined>;
}

export function createScreenFeed(deps: {
  clock: Clock;
  emulator: Emulator;
  read: (screen: Screen) => ScreenSignal;
  onSignal: (signal: ScreenSignal) => void;
}): ScreenFeed {
  const { clock, emulator } = deps;
  let backlog: Uint8Array[] = [];
  let backlogSize = 0;
  let drawing: Promise<void> | undefined;
  let lastAddAt = clock.monotonic();
  let lastReadAt = -Infinity;
  let cancelRead: (() => void) | undefined;
  const watchers = new Set<(screen: Screen) => void>();

  function takeBacklog(): Uint8Array {
    const all = joinBytes(backlog);
    backlog = [];
    backlogSize = 0;
    return all;
  }

  async function draw(): Promise<void> {
    while (backlogSize > 0) {
      await emulator.write(takeBacklog());
      readSoon();
    }
    drawing = undefined;
  }

  function readSoon(): void {
    if (cancelRead !== undefined) return;
    const wait = lastReadAt + FRAME_MS - clock.monotonic();
    if (wait <= 0) return readNow();
    cancelRead = clock.after(wait, readNow);
  }

  function readNow(): void {
    cancelRead?.();
    cancelRead = undefined;
    lastReadAt = clock.monotonic();
    const screen = emulator.screen();
    deps.onSignal(deps.read(screen));
    for (const watcher of [...watchers]) watcher(screen);
  }

  async function drawn(): Promise<void> {
    while (drawing !== undefined) await drawing;
  }

  return {
    async add(bytes) {
      lastAddAt = clock.monotonic();
      backlog.push(bytes);
      backlogSize += bytes.length;
      drawing ??= draw();
      if (backlogSize > BACKLOG_LIMIT) await drawing;
    },
    async end() {
      await drawn();
      if (cancelRead !== undefined) readNow();
    },
    async whenDrawn(look) {
      await drawn();
      // More may have come while this was woken.
      while (drawing !== undefined) await drawing;
      return look();
    },
    async screen() {
      await drawn();
      return emulator.screen();
    },
    async quiet({ quietMs, limitMs, signal }) {
      const deadline = clock.monotonic() + limitMs;
      while (!signal.aborted) {
        const now = clock.monotonic();
        const wait = Math.min(lastAddAt + quietMs, deadline) - now;
        if (wait <= 0) return;
        await clock.sleep(wait, signal);
      }
    },
    until(look, { limitMs, signal }) {
      return new Promise((resolve) => {
        const finish = (answer: Parameters<typeof resolve>[0]) => {
          watchers.delete(watcher);
          cancelDeadline();
          signal.removeEventListener("abort", giveUp);
          resolve(answer);
        };
        const watcher = (screen: Screen) => {
          const answer = look(screen);
          if (answer !== undefined) finish(answer);
        };
        const giveUp = () => finish(undefined);
        const cancelDeadline = clock.after(limitMs, () => finish(look(emulator.screen())));
        watchers.add(watcher);
        signal.addEventListener("abort", giveUp, { once: true });
        if (signal.aborted) giveUp();
        else watcher(emulator.screen());
      });
    },
  };
}
