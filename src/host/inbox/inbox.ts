/**
 * The session's inbox: takes messages, delivers them in order, one per prompt, and knows what became of each.
 */

import { HarnexError } from "../../model/errors.ts";
import type { MessageMode, MessageRow } from "../../model/message.ts";
import type { InboxJournal } from "../../store/inbox_journal.ts";
import { createDeliveries, type DeliveryDeps } from "./delivery.ts";
import { createEntry, type Entry, failEntry, resultOf, type SendResult } from "./entry.ts";
import { createMessageBook } from "./message_book.ts";
import { createWaitingQueue, type WaitingQueueDeps } from "./queue.ts";

/** The established limit; with this many waiting messages the next one is answered with 503. */
export const INBOX_LIMIT = 64;

export interface SendRequest {
  text: string;
  mode: MessageMode;
  force: boolean;
  /** the sender's name for the message: a second request with it gets the state of the first one */
  key?: string;
}

export interface Inbox {
  /**
   * Delivers at once when the agent is ready and nothing waits, else queues. Throws `busy` when the queue is full, and
   * `unavailable` after `close`. A key that is known already starts nothing.
   */
  send(request: SendRequest): Promise<SendResult>;
  /** Delivers the next message if the agent is ready for it. Called on every change of state. */
  pump(): void;
  find(messageId: string): MessageRow | undefined;
  findByKey(key: string): MessageRow | undefined;
  pending(): readonly MessageRow[];
  drop(messageId: string): MessageRow;
  dropAll(): number;
  /** The turn of this message began or ended. */
  noteTurn(messageId: string, step: "turn_started" | "turn_ended"): void;
  counts(): { pending: number; deliveredTotal: number; expiredTotal: number };
  /** No more deliveries; what is queued fails with this reason. Waits for the running delivery. */
  close(reason: string): Promise<void>;
}

export interface InboxDeps extends DeliveryDeps, Pick<WaitingQueueDeps, "ttlMs" | "whyHeld"> {
  journal: Pick<InboxJournal, "write">;
  newId: () => string;
  /** whether the agent would take a message of this mode now */
  isReadyFor: (mode: MessageMode) => boolean;
}

export function createInbox(deps: InboxDeps): Inbox {
  const { emit, isReadyFor } = deps;
  const book = createMessageBook(deps);
  const deliveries = createDeliveries(deps, book);
  const queue = createWaitingQueue({ ...deps, fail: (entry, failure) => failEntry(entry, failure, { book, emit }) });
  let isClosed = false;

  function start(entry: Entry): Promise<SendResult> {
    void deliveries.run(entry).then(pump);
    return entry.outcome;
  }

  function pump(): void {
    const head = queue.head();
    if (head === undefined || deliveries.isRunning || isClosed || !isReadyFor(head.message.mode)) return;
    queue.remove(head);
    void start(head);
  }

  function send({ key, ...asked }: SendRequest): Promise<SendResult> {
    const known = key === undefined ? undefined : book.findByKey(key);
    if (known !== undefined) return deliveries.outcomeOf(known.id) ?? Promise.resolve(resultOf(known));
    if (isClosed) throw new HarnexError("unavailable", "the session is ending");
    // An Enter that answers a question is what the queue waits for, so it does not wait behind the queue.
    const isFirst = queue.size === 0 || (asked.mode === "enter" && !isReadyFor("submit"));
    const isNow = asked.force || (isFirst && !deliveries.isRunning && isReadyFor(asked.mode));
    if (!isNow && queue.size >= INBOX_LIMIT) {
      throw new HarnexError("busy", `inbox full (${INBOX_LIMIT} pending messages)`);
    }
    const message = { id: deps.newId(), ...asked };
    const entry = createEntry(message, book.open(message, key));
    if (isNow) return start(entry);
    queue.add(entry);
    emit({ type: "queued", message_id: message.id });
    return Promise.resolve(resultOf(entry.row));
  }

  return {
    send,
    pump,
    find: book.find,
    findByKey: book.findByKey,
    pending: queue.rows,
    drop: queue.drop,
    dropAll: () => queue.failAll({ status: "dropped", error: "inbox cleared" }),
    noteTurn: book.noteTurn,
    counts: () => ({
      pending: queue.size,
      deliveredTotal: deliveries.total,
      expiredTotal: queue.expiredTotal,
    }),
    async close(reason) {
      isClosed = true;
      const closed = deliveries.close();
      queue.failAll({ status: "failed", error: reason });
      await closed;
    },
  };
}
