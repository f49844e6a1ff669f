/**
 * Between an agent's output and the emulator: flow control, floods, and reading the screen no more often than a
 * display shows it. Reports each reading, and lets others wait until the screen shows something.
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
  const watchers: Watchers = new Set();
  const reading = createFrameReader(clock, () => {
    const screen = emulator.screen();
    deps.onSignal(deps.read(screen));
    for (const watcher of [...watchers]) watcher(screen);
  });
  const drawing = createBacklog(emulator, reading.soon);
  let lastAddAt = clock.monotonic();

  return {
    async add(bytes) {
      lastAddAt = clock.monotonic();
      await drawing.add(bytes);
    },
    end: () => drawing.whenDone(reading.flush),
    whenDrawn: drawing.whenDone,
    screen: () => drawing.whenDone(() => emulator.screen()),
    async quiet({ quietMs, limitMs, signal }) {
      const deadline = clock.monotonic() + limitMs;
      while (!signal.aborted) {
        const now = clock.monotonic();
        const wait = Math.min(lastAddAt + quietMs, deadline) - now;
        if (wait <= 0) return;
        await clock.sleep(wait, signal);
      }
    },
    until: (look, options) => watchFor(look, { ...options, clock, emulator, watchers }),
  };
}

/** Each is called with the screen after each reading. */
type Watchers = Set<(screen: Screen) => void>;

interface Backlog {
  /** Resolves when more may come. */
  add(bytes: Uint8Array): Promise<void>;
  /** Calls `look` at a moment when everything added so far is drawn. */
  whenDone<T>(look: () => T): Promise<T>;
}

/** Draws what was added, all that came meanwhile in one piece; calls `onDrawn` after each piece. */
function createBacklog(emulator: Emulator, onDrawn: () => void): Backlog {
  let waiting: Uint8Array[] = [];
  let size = 0;
  let drawing: Promise<void> | undefined;

  function take(): Uint8Array {
    const all = joinBytes(waiting);
    waiting = [];
    size = 0;
    return all;
  }

  async function draw(): Promise<void> {
    while (size > 0) {
      await emulator.write(take());
      onDrawn();
    }
    drawing = undefined;
  }

  return {
    async add(bytes) {
      waiting.push(bytes);
      size += bytes.length;
      drawing ??= draw();
      if (size > BACKLOG_LIMIT) await drawing;
    },
    async whenDone(look) {
      // More may have come while this was woken.
      while (drawing !== undefined) await drawing;
      return look();
    },
  };
}

interface FrameReader {
  /** Reads now, or when the frame is over. */
  soon(): void;
  /** Reads now if a reading is due. */
  flush(): void;
}

/** Calls `read` at most once a frame. */
function createFrameReader(clock: Clock, read: () => void): FrameReader {
  let lastReadAt = -Infinity;
  let cancel: (() => void) | undefined;

  function now(): void {
    cancel?.();
    cancel = undefined;
    lastReadAt = clock.monotonic();
    read();
  }

  return {
    soon() {
      if (cancel !== undefined) return;
      const wait = lastReadAt + FRAME_MS - clock.monotonic();
      if (wait <= 0) now();
      else cancel = clock.after(wait, now);
    },
    flush() {
      if (cancel !== undefined) now();
    },
  };
}

/** The first answer of `look` that is not undefined: now, after each reading, and once more after `limitMs`. */
function watchFor<T>(
  look: (screen: Screen) => T | undefined,
  { clock, emulator, watchers, limitMs, signal }: {
    clock: Clock;
    emulator: Emulator;
    watchers: Watchers;
    limitMs: number;
    signal: AbortSignal;
  },
): Promise<T | undefined> {
  return new Promise((resolve) => {
    const finish = (answer: T | undefined) => {
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
}
