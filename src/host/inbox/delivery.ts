/**
 * Delivers messages to the agent, one at a time. A message is a transaction: its steps are taken in order, each at
 * most once, and nothing is ever typed twice.
 */

import { messageOf } from "../../model/errors.ts";
import type { EventBody } from "../../model/events.ts";
import type { Delivery, Message, MessageStep } from "../../model/message.ts";
import type { Signal } from "../../model/signal.ts";
import type { Clock } from "../../platform/platform.ts";
import { firstCharacters } from "../../text/visible.ts";
import type { DeliverOptions } from "../../transports/agent_process.ts";
import { type Entry, failEntry, type SendResult } from "./entry.ts";
import type { MessageBook } from "./message_book.ts";

/** Characters of a message that its `send` event holds: enough to recognise it. */
const EVENT_TEXT_LIMIT = 200;

/** What the turn engine learns about a message. */
export type Submission = Extract<Signal, { kind: "submitted" | "taken" | "not_taken" }>;

export interface DeliveryDeps {
  clock: Clock;
  emit: (event: EventBody) => void;
  /** whether messages are typed into a terminal; else nothing of one is out before it is submitted */
  byKeys: boolean;
  deliver: (message: Message, options: DeliverOptions) => Promise<Delivery>;
  /** called before Enter is pressed, when the agent took the message, and when it did not */
  onSubmission: (signal: Submission) => void;
  /** called with the number of messages delivered so far, and when the last one was, by the wall clock */
  onDelivered: (delivered: { total: number; at: number }) => void;
}

export interface Deliveries {
  /** Delivers after those that were started before. Resolves at the delivery's end. */
  run(entry: Entry): Promise<void>;
  /** whether a delivery runs or waits to run; more than one only when some were forced */
  readonly isRunning: boolean;
  /** messages delivered so far */
  readonly total: number;
  /** How a delivery that runs, or waits to run, will end; undefined for any other message. */
  outcomeOf(messageId: string): Promise<SendResult> | undefined;
  /** Aborts what runs; resolves when it has ended. */
  close(): Promise<void>;
}

export function createDeliveries(deps: DeliveryDeps, book: MessageBook): Deliveries {
  const outcomes = new Map<string, Promise<SendResult>>();
  const abort = new AbortController();
  let last: Promise<void> = Promise.resolve();
  let total = 0;

  async function deliver(entry: Entry): Promise<void> {
    const { message, row } = entry;
    let isSubmitted = false;
    const onStep = (step: MessageStep, evidence?: string) => {
      book.take(row, step, evidence);
      if (step !== "submitted" || isSubmitted) return;
      isSubmitted = true;
      deps.onSubmission({ kind: "submitted", messageId: message.id, verdict: "follows" });
    };
    if (deps.byKeys) book.begin(row);
    const outcome = await attempt(deps, message, { signal: abort.signal, onStep });
    if (outcome.kind === "accepted") return accept(entry, { ...outcome, isSubmitted });
    if (isSubmitted) deps.onSubmission({ kind: "not_taken", messageId: message.id });
    const bytesWritten = outcome.kind === "not_taken" ? outcome.bytesWritten : 0;
    const status = bytesWritten > 0 ? "typed_not_submitted" : "failed";
    failEntry(entry, { status, error: outcome.reason, bytesWritten }, { book, emit: deps.emit });
  }

  function accept({ message, row, settle }: Entry, outcome: Accepted & { isSubmitted: boolean }): void {
    const { evidence, bytesWritten, by, turnId } = outcome;
    const messageId = message.id;
    book.take(row, "accepted", evidence);
    const at = deps.clock.now();
    row.status = "delivered";
    row.delivered_at = new Date(at).toISOString();
    row.evidence = evidence;
    row.bytes_written = bytesWritten;
    total++;
    deps.emit(sendEvent(message, evidence));
    if (outcome.isSubmitted) {
      deps.onSubmission({ kind: "taken", messageId, by, ...(turnId === undefined ? {} : { turnId }) });
    }
    deps.onDelivered({ total, at });
    settle({ kind: "delivered", messageId, bytesWritten, evidence });
  }

  return {
    run(entry) {
      outcomes.set(entry.row.id, entry.outcome);
      return last = last.then(() => deliver(entry)).finally(() => outcomes.delete(entry.row.id));
    },
    get isRunning() {
      return outcomes.size > 0;
    },
    get total() {
      return total;
    },
    outcomeOf: (messageId) => outcomes.get(messageId),
    async close() {
      abort.abort();
      await last;
    },
  };
}

type Accepted = Extract<Delivery, { kind: "accepted" }>;

/** One attempt, and the only one; an agent that fails it has not taken the message. */
async function attempt(
  { deliver }: Pick<DeliveryDeps, "deliver">,
  message: Message,
  options: DeliverOptions,
): Promise<Delivery> {
  try {
    return await deliver(message, options);
  } catch (error) {
    return { kind: "not_taken", bytesWritten: 0, reason: messageOf(error) };
  }
}

function sendEvent(message: Message, evidence: string): EventBody {
  // Verbatim text brings its own Enter, which is not part of what was said.
  const text = message.mode === "raw" ? message.text.replace(/\r?\n$|\r$/, "") : message.text;
  const head = firstCharacters(text, EVENT_TEXT_LIMIT);
  const isCut = head !== text;
  return {
    type: "send",
    msg: isCut ? `${head}…` : text,
    msg_truncated: isCut,
    forced: message.force,
    message_id: message.id,
    evidence,
  };
}
