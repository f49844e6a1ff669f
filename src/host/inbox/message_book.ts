/**
 * Knows each message of the session: its row, its key, and the steps it took, each at most once and only forwards.
 * Every step is in the journal before it counts.
 */

import {
  type Message,
  MESSAGE_STEPS,
  type MessageRow,
  type MessageStatus,
  type MessageStep,
  previewOf,
} from "../../model/message.ts";
import type { Clock } from "../../platform/platform.ts";
import type { InboxJournal } from "../../store/inbox_journal.ts";

/** Finished messages that `GET /messages/:id` still knows. */
const FINISHED_LIMIT = 1_000;
/** Finished messages that are known by their key: enough that no message of a long session is typed twice. */
const KEYED_LIMIT = 10_000;

export interface MessageBook {
  open(message: Message, key: string | undefined): MessageRow;
  /** Keys are about to be pressed for this message. */
  begin(row: MessageRow): void;
  /** Ignores a step that was taken already, or that comes before the last one. */
  take(row: MessageRow, step: MessageStep, evidence?: string): void;
  /** The turn of this message began or ended. */
  noteTurn(messageId: string, step: "turn_started" | "turn_ended"): void;
  fail(row: MessageRow, failure: { status: Exclude<MessageStatus, "queued" | "delivered">; error: string }): void;
  find(messageId: string): MessageRow | undefined;
  findByKey(key: string): MessageRow | undefined;
}

export function createMessageBook(deps: { clock: Clock; journal: Pick<InboxJournal, "write"> }): MessageBook {
  const { clock, journal } = deps;
  const rows = new Map<string, MessageRow>();
  const keyed = new Map<string, MessageRow>();
  const now = () => new Date(clock.now()).toISOString();

  /** Forgets the oldest finished row when there are more than `limit`. */
  function trim(map: Map<string, MessageRow>, limit: number): void {
    if (map.size <= limit) return;
    for (const [name, row] of map) {
      if (row.status === "queued") continue;
      map.delete(name);
      return;
    }
  }

  function take(row: MessageRow, step: MessageStep, evidence?: string): void {
    if (step === "queued" || MESSAGE_STEPS.indexOf(step) <= MESSAGE_STEPS.indexOf(row.step)) return;
    const shown = evidence === undefined ? {} : { evidence };
    journal.write({ message_id: row.id, step, ...shown });
    row.step = step;
    row.steps = [...row.steps, { step, at: now(), ...shown }];
  }

  return {
    open(message, key) {
      const row = queuedRow(message, { key, at: now() });
      const { id: message_id, mode, text } = message;
      journal.write({ message_id, step: "queued", mode, text, ...(key === undefined ? {} : { key }) });
      rows.set(row.id, row);
      trim(rows, FINISHED_LIMIT);
      if (key !== undefined) {
        keyed.set(key, row);
        trim(keyed, KEYED_LIMIT);
      }
      return row;
    },
    begin: (row) => journal.write({ message_id: row.id, step: "typing" }),
    take,
    noteTurn(messageId, step) {
      const row = rows.get(messageId);
      if (row !== undefined) take(row, step);
    },
    fail(row, { status, error }) {
      journal.write({ message_id: row.id, status, error });
      row.status = status;
      row.error = error;
    },
    find: (messageId) => rows.get(messageId),
    findByKey: (key) => keyed.get(key),
  };
}

function queuedRow({ id, text }: Message, { key, at }: { key: string | undefined; at: string }): MessageRow {
  return {
    id,
    status: "queued",
    step: "queued",
    queued_at: at,
    delivered_at: null,
    text_preview: previewOf(text),
    error: null,
    ...(key === undefined ? {} : { key }),
    steps: [{ step: "queued", at }],
  };
}
