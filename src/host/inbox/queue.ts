/** Messages that wait for the agent: their order, and how they end when they are not delivered. */

import { HarnexError } from "../../model/errors.ts";
import type { MessageRow } from "../../model/message.ts";
import type { Clock } from "../../platform/platform.ts";
import type { Entry, Failure } from "./entry.ts";

export interface WaitingQueueDeps {
  clock: Clock;
  /** how long a message may wait */
  ttlMs: number;
  /** why a message cannot be delivered now, for the error of an expired one; undefined when the agent works */
  whyHeld?: () => string | undefined;
  /** ends a message that is not delivered */
  fail: (entry: Entry, failure: Failure) => void;
}

export interface WaitingQueue {
  add(entry: Entry): void;
  /** the entry that is next */
  head(): Entry | undefined;
  /** Takes an entry out. */
  remove(entry: Entry): void;
  drop(messageId: string): MessageRow;
  /** Takes all out, oldest first, each with this failure; gives how many. */
  failAll(failure: Failure): number;
  rows(): MessageRow[];
  readonly size: number;
  readonly expiredTotal: number;
}

export function createWaitingQueue({ clock, ttlMs, whyHeld, fail }: WaitingQueueDeps): WaitingQueue {
  /** each with what cancels its expiry */
  const waiting = new Map<Entry, () => void>();
  let expiredTotal = 0;

  function remove(entry: Entry): void {
    waiting.get(entry)?.();
    waiting.delete(entry);
  }

  function expire(entry: Entry): void {
    remove(entry);
    expiredTotal++;
    const why = whyHeld?.();
    const error = `not delivered within ${ttlMs / 1000}s${why === undefined ? "" : `: ${why}`}`;
    fail(entry, { status: "expired", error });
  }

  return {
    add: (entry) => void waiting.set(entry, clock.after(ttlMs, () => expire(entry))),
    head: () => waiting.keys().next().value,
    remove,
    drop(messageId) {
      const entry = waiting.keys().find(({ row }) => row.id === messageId);
      if (entry === undefined) throw new HarnexError("not_found", `no pending message ${messageId}`);
      remove(entry);
      fail(entry, { status: "dropped", error: "dropped from the inbox" });
      return entry.row;
    },
    failAll(failure) {
      const entries = [...waiting.keys()];
      for (const entry of entries) {
        remove(entry);
        fail(entry, failure);
      }
      return entries.length;
    },
    rows: () => [...waiting.keys()].map(({ row }) => row),
    get size() {
      return waiting.size;
    },
    get expiredTotal() {
      return expiredTotal;
    },
  };
}
