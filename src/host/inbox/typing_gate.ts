/**
 * A person at the agent's terminal comes first: while they have a draft in the input box, messages wait, and while a
 * message is being typed, their keys wait. Neither is ever merged with the other, and neither is lost.
 */

import type { Clock } from "../../platform/platform.ts";
import type { AgentTerminal } from "../../transports/agent_process.ts";
import { type DraftState, followDraft, readTerminalInput } from "../../transports/pty/terminal_input.ts";

/** After a key the screen needs a moment to show what it did; a busy agent takes half a second. */
const ECHO_MS = 1_000;
/** Where the screen cannot tell whether a draft is left, one that was not touched for so long no longer counts. */
const DRAFT_AGE_MS = 60_000;
/**
 * Keys that wait while a message is typed: more than anyone types in that time; a longer paste is passed on.
 */
const HELD_LIMIT = 256 * 1024;

/** Open while a message may be typed; closed while a person has a draft in the input box. */
export interface TypingGate extends Disposable {
  /** Passes a person's keys on, or keeps them until the message that is being typed has been taken. */
  type(bytes: Uint8Array): Promise<void>;
  isOpen(): boolean;
  /** Resolves true as soon as the gate is open; false when aborted, or after `limitMs`. */
  untilOpen(options: { limitMs: number; signal: AbortSignal }): Promise<boolean>;
  /** Keeps the person's keys until disposed. */
  holdKeys(): Disposable;
}

export interface TypingGateDeps {
  clock: Clock;
  terminal: Pick<AgentTerminal, "type" | "draft">;
  /** called when the gate opens */
  onOpen: () => void;
}

export function createTypingGate({ clock, terminal, onOpen }: TypingGateDeps): TypingGate {
  const waiting = new Set<() => void>();
  const keyboard = createHeldKeyboard(terminal);
  const draft = createDraftWatch({
    clock,
    terminal,
    onGone() {
      for (const wake of [...waiting]) wake();
      onOpen();
    },
  });
  return {
    async type(bytes) {
      const { keys } = readTerminalInput(bytes);
      if (keys.length > 0) draft.note(keys);
      await keyboard.type(bytes);
    },
    isOpen: draft.isGone,
    untilOpen({ limitMs, signal }) {
      if (signal.aborted) return Promise.resolve(false);
      if (draft.isGone()) return Promise.resolve(true);
      return new Promise((resolve) => {
        const finish = (isOpen: boolean) => {
          waiting.delete(wake);
          cancelDeadline();
          signal.removeEventListener("abort", giveUp);
          resolve(isOpen);
        };
        const wake = () => finish(true);
        const giveUp = () => finish(false);
        const cancelDeadline = clock.after(limitMs, giveUp);
        waiting.add(wake);
        signal.addEventListener("abort", giveUp, { once: true });
      });
    },
    holdKeys: keyboard.hold,
    [Symbol.dispose]: () => draft[Symbol.dispose](),
  };
}

interface DraftWatch extends Disposable {
  /** A person pressed these keys. */
  note(keys: readonly string[]): void;
  /** Whether no draft of a person is in the input box, as far as keys, screen and time tell. */
  isGone(): boolean;
}

/** Follows what a person's keys leave in the input box. */
function createDraftWatch(
  { clock, terminal, onGone }: { clock: Clock; terminal: Pick<AgentTerminal, "draft">; onGone: () => void },
): DraftWatch {
  let drafting: DraftState = { typed: false, pasting: false };
  let lastKeyAt = -Infinity;
  let cancelLook = () => {};

  function isGone(): boolean {
    const quietMs = clock.monotonic() - lastKeyAt;
    if (quietMs < ECHO_MS) return false;
    if (!drafting.typed) return true;
    const draft = terminal.draft();
    const isEmpty = draft === "" || (draft === undefined && quietMs >= DRAFT_AGE_MS);
    if (isEmpty) drafting = { typed: false, pasting: false };
    return isEmpty;
  }

  /** Looks again until the draft is gone: time alone can end it. */
  function look(): void {
    cancelLook();
    if (lastKeyAt === -Infinity) return;
    if (isGone()) {
      lastKeyAt = -Infinity;
      return onGone();
    }
    const quietMs = clock.monotonic() - lastKeyAt;
    cancelLook = clock.after(quietMs < ECHO_MS ? ECHO_MS - quietMs : ECHO_MS, look);
  }

  return {
    note(keys) {
      drafting = followDraft(drafting, keys);
      lastKeyAt = clock.monotonic();
      look();
    },
    isGone,
    [Symbol.dispose]: () => cancelLook(),
  };
}

/** Passes keys on, or keeps them, in order, while it is held. */
function createHeldKeyboard(terminal: Pick<AgentTerminal, "type">): {
  type(bytes: Uint8Array): Promise<void>;
  hold(): Disposable;
} {
  let holds = 0;
  let held: Uint8Array[] = [];
  let heldBytes = 0;

  async function flush(): Promise<void> {
    const bytes = held;
    held = [];
    heldBytes = 0;
    for (const part of bytes) await terminal.type(part);
  }

  return {
    async type(bytes) {
      if (holds === 0 && held.length === 0) return await terminal.type(bytes);
      held.push(bytes);
      heldBytes += bytes.length;
      if (heldBytes > HELD_LIMIT) await flush();
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
  };
}
