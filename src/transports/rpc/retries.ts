/**
 * Watches an agent that meets errors and tries again: single retries are its own business, a streak that lasts too
 * long ends the turn as failed.
 */

import type { Signal } from "../../model/signal.ts";
import type { Clock } from "../../platform/platform.ts";
import type { RpcOutlet } from "./outlet.ts";
import type { RpcReading } from "./rpc_behaviour.ts";
import type { TurnTracker } from "./turns.ts";

export interface RetryLimit {
  /** Counts what a message of the agent says about its retries. */
  count(pulse: RpcReading["pulse"]): void;
  /** The signal of an ended turn: failed, with the reason, when this turn was given up. */
  endOf(signal: TurnEnded): TurnEnded;
  /** Stops counting. */
  stop(): void;
}

type TurnEnded = Extract<Signal, { kind: "turn_ended" }>;

/** Interrupts the running turn after a streak of retries of `limitMs`, and reports it. */
export function createRetryLimit(
  { clock, limitMs, turns, outlet, interrupt }: {
    clock: Clock;
    limitMs: number;
    turns: TurnTracker;
    outlet: RpcOutlet;
    interrupt: () => Promise<void>;
  },
): RetryLimit {
  let givenUp: { turnId: string | undefined; reason: string } | undefined;

  const streak = createRetryStreak({
    clock,
    limitMs,
    onTooLong(message, lastedMs) {
      const state = turns.state();
      const reason = `the agent kept retrying for ${Math.round(lastedMs / 1000)} s: ${message}`;
      if (state.kind === "active") givenUp = { turnId: state.turnId, reason };
      outlet.observe({ kind: "disconnected", source: "error_notification", message: reason });
      outlet.write(`! ${reason}; the turn is interrupted\n`);
      interrupt().catch(() => undefined); // an agent that is gone has no turn
    },
  });

  return {
    count(pulse) {
      if (pulse?.kind === "retrying") streak.retrying(pulse.message);
      else if (pulse?.kind === "alive") streak.alive();
      else if (pulse?.kind === "progress") streak.progress();
    },
    endOf(signal) {
      streak.progress();
      if (givenUp === undefined || givenUp.turnId !== signal.turnId) return signal;
      const { reason } = givenUp;
      givenUp = undefined;
      return { ...signal, outcome: "failed", detail: reason };
    },
    stop: () => streak.progress(),
  };
}

interface RetryStreak {
  /** The agent reports an error after which it will try again. */
  retrying(message: string): void;
  /** Data flows again; the streak goes on if it breaks once more. */
  alive(): void;
  /** Work was done, or the turn is over: the streak is past. */
  progress(): void;
}

/** Calls `onTooLong` once a streak. */
function createRetryStreak({ clock, limitMs, onTooLong }: {
  clock: Clock;
  limitMs: number;
  onTooLong: (message: string, lastedMs: number) => void;
}): RetryStreak {
  let since: number | undefined;
  let reported = false;
  let cancel: () => void = () => {};

  return {
    retrying(message) {
      cancel();
      if (reported) return;
      since ??= clock.monotonic();
      const started = since;
      const report = () => {
        reported = true;
        onTooLong(message, clock.monotonic() - started);
      };
      const leftMs = limitMs - (clock.monotonic() - started);
      if (leftMs <= 0) report();
      else cancel = clock.after(leftMs, report);
    },
    alive: () => cancel(),
    progress() {
      cancel();
      since = undefined;
      reported = false;
    },
  };
}
