/**
 * A person at the agent's terminal comes first: while they have a draft in the box, messages wait, and while a
 * message is being typed, their keys wait. Neither is ever merged with the other, and neither is lost.
 */

import type { Clock } from "../../platform/platform.ts";
import type { AgentTerminal } from "../../transports/agent_process.ts";
import { type DraftState, followDraft, readTerminalInput } from "../../transports/pty/terminal_input.ts";

/** After a key the screen needs a moment to show what it did; a busy agent takes half a second. */
const ECHO_MS = 1_000;
/** Where the screen cannot tell whether a draft is left, one that nobody touched for so long no longer counts. */
const DRAFT_AGE_MS = 60_000;
/**
 * Keys that wait while a message is typed: more than anyone types in that time; a paste that is longer goes through.
 */
const HELD_LIMIT = 256 * 1024;

export interface Person extends Disposable {
  /** Passes keys on, or keeps them until the message that is being typed has been taken. */
  type(bytes: Uint8Array): Promise<void>;
  /** Whether a message may be typed now. */
  isAway(): boolean;
  /** Resolves true as soon as a message may be typed; false when aborted, or after `limitMs`. */
  untilAway(options: { limitMs: number; signal: AbortSignal }): Promise<boolean>;
  /** Keeps the person's keys until disposed. */
  hold(): Disposable;
}

export interface PersonDeps {
  clock: Clock;
  terminal: Pick<AgentTerminal, "type" | "draft">;
  /** called when a message may be typed again */
  onAway: () => void;
}

export function createPerson({ clock, terminal, onAway }: PersonDeps): Person {
  let drafting: DraftState = { typed: false, pasting: false };
  let lastKeyAt = -Infinity;
  let cancelLook = () => {};
  let holds = 0;
  let held: Uint8Array[] = [];
  let heldSize = 0;
  const waiting = new Set<() => void>();

  function isAway(): boolean {
    const quietFor = clock.monotonic() - lastKeyAt;
    if (quietFor < ECHO_MS) return false;
    if (!drafting.typed) return true;
    const draft = terminal.draft();
    const isGone = draft === "" || (draft === undefined && quietFor >= DRAFT_AGE_MS);
    if (isGone) drafting = { typed: false, pasting: false };
    return isGone;
  }

  /** Time alone can end a draft; what the screen shows is looked at whenever it changes. */
  function lookAgain(): void {
    cancelLook();
    if (lastKeyAt === -Infinity) return;
    if (isAway()) {
      lastKeyAt = -Infinity;
      for (const wake of [...waiting]) wake();
      return onAway();
    }
    const quietFor = clock.monotonic() - lastKeyAt;
    cancelLook = clock.after(quietFor < ECHO_MS ? ECHO_MS - quietFor : ECHO_MS, lookAgain);
  }

  async function flush(): Promise<void> {
    const bytes = held;
    held = [];
    heldSize = 0;
    for (const part of bytes) await terminal.type(part);
  }

  return {
    async type(bytes) {
      const { keys } = readTerminalInput(bytes);
      if (keys.length > 0) {
        drafting = followDraft(drafting, keys);
        lastKeyAt = clock.monotonic();
        lookAgain();
      }
      if (holds === 0 && held.length === 0) return await terminal.type(bytes);
      held.push(bytes);
      heldSize += bytes.length;
      if (heldSize > HELD_LIMIT) await flush();
    },
    isAway,
    untilAway({ limitMs, signal }) {
      if (signal.aborted) return Promise.resolve(false);
      if (isAway()) return Promise.resolve(true);
      return new Promise((resolve) => {
        const finish = (away: boolean) => {
          waiting.delete(wake);
          cancelDeadline();
          signal.removeEventListener("abort", giveUp);
          resolve(away);
        };
        const wake = () => finish(true);
        const giveUp = () => finish(false);
        const cancelDeadline = clock.after(limitMs, giveUp);
        waiting.add(wake);
        signal.addEventListener("abort", giveUp, { once: true });
      });
    },
    hold() {
      holds++;
      return {
        [Symbol.dispose]() {
          holds--;
          if (holds === 0) void flush();
        },
      };
    },
    [Symbol.dispose]: () => cancelLook(),
  };
}
