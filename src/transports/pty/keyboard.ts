/** Plays keystrokes into a terminal, in order, and counts the bytes. */

import { assertNever } from "../../model/never.ts";
import type { Clock } from "../../platform/platform.ts";
import type { KeyName, Keystroke, PasteLimits } from "../agent_process.ts";
import type { Screen } from "../terminal/screen.ts";
import type { ScreenFeed } from "../terminal/screen_feed.ts";
import { pasteParts } from "./paste_parts.ts";

const PASTE_START = "\x1b[200~";
const PASTE_END = "\x1b[201~";

const KEYS = {
  enter: "\r",
  escape: "\x1b",
  "ctrl-c": "\x03",
  "ctrl-d": "\x04",
  "ctrl-u": "\x15",
  up: "\x1b[A",
  down: "\x1b[B",
  right: "\x1b[C",
  left: "\x1b[D",
  tab: "\t",
  backspace: "\x7f",
} as const satisfies Record<KeyName, string>;

export const ENTER: readonly Keystroke[] = [{ kind: "key", key: "enter" }];

export interface Keyboard {
  /** Gives the number of bytes written; stops early, between two keystrokes, when aborted or a keystroke says so. */
  play(keys: readonly Keystroke[], signal: AbortSignal): Promise<number>;
}

export function createKeyboard(deps: {
  clock: Clock;
  write: (bytes: Uint8Array) => Promise<void>;
  feed: ScreenFeed;
  pasteLimits?: PasteLimits | undefined;
}): Keyboard {
  const encoder = new TextEncoder();

  async function type(text: string): Promise<number> {
    const bytes = encoder.encode(text);
    await deps.write(bytes);
    return bytes.length;
  }

  /** Gives the bytes written; undefined when the keys that follow must not be pressed. */
  async function press(key: Keystroke, signal: AbortSignal): Promise<number | undefined> {
    switch (key.kind) {
      case "text":
        return await type(key.text);
      case "paste": {
        const { bracketedPaste } = await deps.feed.screen();
        return await type(bracketedPaste ? bracketed(key.text, deps.pasteLimits) : key.text);
      }
      case "key":
        return await type(KEYS[key.key]);
      case "pause":
        await deps.clock.sleep(key.ms, signal);
        return 0;
      case "settle":
        await deps.feed.quiet({ quietMs: key.quietMs, limitMs: key.limitMs, signal });
        return 0;
      case "see": {
        const shows = (screen: Screen) => screen.text.some((row) => row.includes(key.words)) ? true : undefined;
        const seen = await deps.feed.until(shows, { limitMs: key.limitMs, signal });
        return seen === undefined && key.otherwise === "stop" ? undefined : 0;
      }
      default:
        return assertNever(key);
    }
  }

  return {
    async play(keys, signal) {
      let bytes = 0;
      for (const key of keys) {
        if (signal.aborted) break;
        const pressed = await press(key, signal);
        if (pressed === undefined) break;
        bytes += pressed;
      }
      return bytes;
    },
  };
}

/** One paste, or several that follow each other at once. They are one write, so that no key comes in between. */
function bracketed(text: string, limits: PasteLimits | undefined): string {
  // The end marker inside the text would end the paste early and type the rest as keys.
  const safe = text.replaceAll(PASTE_END, "");
  const parts = limits === undefined ? [safe] : pasteParts(safe, limits);
  return parts.map((part) => PASTE_START + part + PASTE_END).join("");
}
