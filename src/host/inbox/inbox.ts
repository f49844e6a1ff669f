/**
 * Messages not yet delivered, and what became of each. A message is a transaction: its steps are taken in order,
 * each at most once, and nothing is ever typed twice.
 */

import { HarnexError, messageOf } from "../../model/errors.ts";
import type { EventBody } from "../../model/events.ts";
import type { MessageRow } from "../../model/message.ts";
import type { Delivery, Message, MessageMode, MessageStatus, MessageStep } from "../../model/message.ts";
import type { Signal } from "../../model/signal.ts";
import { firstCharacters } from "../../text/visible.ts";
import type { Clock } from "../../platform/platform.ts";
import type { InboxJournal } from "../../store/inbox_journal.ts";
import type { DeliverOptions } from "../../transports/agent_process.ts";
import { createMessageBook } from "./message_book.ts";

/** The established limit; more waiting messages than this answer 503. */
export const INBOX_LIMIT = 64;
const EVENT_TEXT_LIMIT = 200;

export interface SendRequest {
  text: string;
  mode: MessageMode;
  force: boolean;
  /** a second request with this key is answered with what became of the first */
  key?: string;
}

/** What the sender is told. */
export type SendResult =
  | { kind: "delivered"; messageId: string; bytesWritten: number; evidence: string }
  | { kind: "queued"; messageId: string }
  | { kind: "failed"; messageId: string; status: MessageStatus; error: string; bytesWritten: number };

export interface Inbox {
  /**
   * Delivers at once when the agent can take it and nothing waits, else queues. Throws `busy` when full. A key that
   * is known already starts nothing.
   */
  send(request: SendRequest): Promise<SendResult>;
  /** Delivers what can be delivered now. Called on every change of state. */
  pump(): void;
  find(messageId: string): MessageRow | undefined;
  findByKey(key: string): MessageRow | undefined;
  pending(): readonly MessageRow[];
  drop(messageId: string): MessageRow;
  dropAll(): number;
  /** The turn of this message began or ended. */
  noteTurn(messageId: string, step: "turn_started" | "turn_ended"): void;
  counts(): { pending: number; deliveredTotal: number; expiredTotal: number };
  lastDeliveredAt(): number | undefined;
  /** No more deliveries; what is queued fails with this reason. Waits for the running delivery. */
  close(reason: string): Promise<void>;
}

/** What the state engine is told about a message. */
export type Submission = Extract<Signal, { kind: "submitted" | "taken" | "not_taken" }>;

export interface InboxDeps {
  clock: Clock;
  ttlMs: number;
  journal: Pick<InboxJournal, "write">;
  newId: () => string;
  emit: (event: EventBody) => void;
  /** whether the agent would take a message of this mode now */
  isReadyFor: (mode: MessageMode) => boolean;
  /** why a message cannot be delivered now, for who finds it expired; undefined when it is the agent that works */
  whyHeld?: () => string | undefined;
  /** whether messages are typed into a terminal; else nothing of one is out before it is submitted */
  byKeys: boolean;
  deliver: (message: Message, options: DeliverOptions) => Promise<Delivery>;
  /** called before Enter is pressed, when the agent took the message, and when it did not */
  onSubmission: (signal: Submission) => void;
  onDelivered: () => void;
}

type FailedStatus = "failed" | "expired" | "dropped" | "typed_not_submitted";

interface Entry {
  message: Message;
  row: MessageRow;
  outcome: Promise<SendResult>;
  /** settles `outcome` */
  settle: (result: SendResult) => void;
  cancelExpiry: () => void;
}

export function createInbox(deps: InboxDeps): Inbox {
  const queue: Entry[] = [];
  const book = createMessageBook(deps);
  /** outcomes of the deliveries that run or wait to run, for who asks again by key */
  const outcomes = new Map<string, Promise<SendResult>>();
  const abort = new AbortController();
  let running: Promise<void> = Promise.resolve();
  /** deliveries begun and not ended; more than one only when some were forced */
  let delivering = 0;
  let delivered = 0;
  let expired = 0;
  let lastDeliveredAt: number | undefined;

  function unqueue(entry: Entry): void {
    queue.splice(queue.indexOf(entry), 1);
    entry.cancelExpiry();
  }

  function fail(entry: Entry, failure: { status: FailedStatus; error: string; bytesWritten?: number }): void {
    const { status, error, bytesWritten = 0 } = failure;
    const message_id = entry.row.id;
    if (bytesWritten > 0) entry.row.bytes_written = bytesWritten;
    book.fail(entry.row, { status, error });
    deps.emit(
      status === "expired" || status === "dropped"
        ? { type: status, message_id, error }
        : { type: "failed", message_id, error, status },
    );
    entry.settle({ kind: "failed", messageId: message_id, status, error, bytesWritten });
  }

  async function deliver(entry: Entry): Promise<void> {
    const { message, row } = entry;
    let submitted = false;
    const onStep = (step: MessageStep, evidence?: string) => {
      book.take(row, step, evidence);
      if (step === "submitted" && !submitted) {
        submitted = true;
        deps.onSubmission({ kind: "submitted", messageId: message.id, verdict: "follows" });
      }
    };
    let outcome: Delivery;
    if (deps.byKeys) book.begin(row);
    try {
      outcome = await deps.deliver(message, { signal: abort.signal, onStep });
    } catch (error) {
      outcome = { kind: "not_taken", bytesWritten: 0, reason: messageOf(error) };
    }
    if (outcome.kind === "accepted") {
      book.take(row, "accepted", outcome.evidence);
      row.status = "delivered";
      row.delivered_at = new Date(deps.clock.now()).toISOString();
      row.evidence = outcome.evidence;
      row.bytes_written = outcome.bytesWritten;
      delivered++;
      lastDeliveredAt = deps.clock.now();
      deps.emit(sendEvent(message, outcome.evidence));
      if (submitted) {
        const turnId = outcome.turnId === undefined ? {} : { turnId: outcome.turnId };
        deps.onSubmission({ kind: "taken", messageId: message.id, by: outcome.by, ...turnId });
      }
      deps.onDelivered();
      entry.settle({
        kind: "delivered",
        messageId: message.id,
        bytesWritten: outcome.bytesWritten,
        evidence: outcome.evidence,
      });
      return;
    }
    if (submitted) deps.onSubmission({ kind: "not_taken", messageId: message.id });
    const bytesWritten = outcome.kind === "not_taken" ? outcome.bytesWritten : 0;
    fail(entry, { status: bytesWritten > 0 ? "typed_not_submitted" : "failed", error: outcome.reason, bytesWritten });
  }

  /** One at a time; `delivering` keeps a change of state from starting a second one. */
  function start(entry: Entry, outcome: Promise<SendResult>): void {
    delivering++;
    outcomes.set(entry.row.id, outcome);
    running = running.then(() => deliver(entry)).finally(() => {
      delivering--;
      outcomes.delete(entry.row.id);
      pump();
    });
  }

  function pump(): void {
    const [head] = queue;
    if (head === undefined || delivering > 0 || abort.signal.aborted || !deps.isReadyFor(head.message.mode)) return;
    unqueue(head);
    start(head, head.outcome);
  }

  /** What became of a message so far. */
  function tell(row: MessageRow): Promise<SendResult> {
    const messageId = row.id;
    const outcome = outcomes.get(messageId);
    if (outcome !== undefined) return outcome;
    const bytesWritten = row.bytes_written ?? 0;
    if (row.status === "queued") return Promise.resolve({ kind: "queued", messageId });
    if (row.status === "delivered") {
      return Promise.resolve({ kind: "delivered", messageId, bytesWritten, evidence: row.evidence ?? "" });
    }
    return Promise.resolve({ kind: "failed", messageId, status: row.status, error: row.error ?? "", bytesWritten });
  }

  return {
    send(request) {
      const known = request.key === undefined ? undefined : book.findByKey(request.key);
      if (known !== undefined) return tell(known);
      if (abort.signal.aborted) throw new HarnexError("unavailable", "the session is ending");
      // An Enter that answers a question is what the queue waits for, so it does not wait behind the queue.
      const first = queue.length === 0 || (request.mode === "enter" && !deps.isReadyFor("submit"));
      const now = delivering === 0 && first && deps.isReadyFor(request.mode);
      if (!now && !request.force && queue.length >= INBOX_LIMIT) {
        throw new HarnexError("busy", `inbox full (${INBOX_LIMIT} pending messages)`);
      }
      const { key, ...asked } = request;
      const message: Message = { id: deps.newId(), ...asked };
      const row = book.open(message, key);
      const { promise, resolve } = Promise.withResolvers<SendResult>();
      const entry: Entry = { message, row, outcome: promise, settle: resolve, cancelExpiry: () => {} };
      if (now || request.force) {
        start(entry, promise);
        return promise;
      }
      entry.cancelExpiry = deps.clock.after(deps.ttlMs, () => {
        unqueue(entry);
        expired++;
        const why = deps.whyHeld?.();
        const error = `not delivered within ${deps.ttlMs / 1000}s${why === undefined ? "" : `: ${why}`}`;
        fail(entry, { status: "expired", error });
      });
      queue.push(entry);
      deps.emit({ type: "queued", message_id: message.id });
      return Promise.resolve({ kind: "queued", messageId: message.id });
    },
    pump,
    find: (messageId) => book.find(messageId),
    findByKey: (key) => book.findByKey(key),
    pending: () => queue.map((entry) => entry.row),
    drop(messageId) {
      const entry = queue.find((queued) => queued.row.id === messageId);
      if (entry === undefined) throw new HarnexError("not_found", `no pending message ${messageId}`);
      unqueue(entry);
      fail(entry, { status: "dropped", error: "dropped from the inbox" });
      return entry.row;
    },
    dropAll() {
      const entries = [...queue];
      for (const entry of entries) {
        unqueue(entry);
        fail(entry, { status: "dropped", error: "inbox cleared" });
      }
      return entries.length;
    },
    noteTurn(messageId, step) {
      const row = book.find(messageId);
      if (row !== undefined) book.take(row, step);
    },
    counts: () => ({ pending: queue.length, deliveredTotal: delivered, expiredTotal: expired }),
    lastDeliveredAt: () => lastDeliveredAt,
    async close(reason) {
      abort.abort();
      for (const entry of [...queue]) {
        unqueue(entry);
        fail(entry, { status: "failed", error: reason });
      }
      await running;
    },
  };
}

function sendEvent(message: Message, evidence: string): EventBody {
  // Verbatim text brings its own Enter, which is not part of what was said.
  const text = message.mode === "raw" ? message.text.replace(/\r?\n$|\r$/, "") : message.text;
  const head = firstCharacters(text, EVENT_TEXT_LIMIT);
  const cut = head !== text;
  return {
    type: "send",
    msg: cut ? `${head}…` : text,
    msg_truncated: cut,
    forced: message.force,
    message_id: message.id,
    evidence,
  };
}
