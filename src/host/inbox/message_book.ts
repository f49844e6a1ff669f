/**
 * What is known of each message: its row, its key, the steps it took, each at most once and only forwards. Every
 * step is in the journal before it counts.
 */

import { type MessageRow, previewOf } from "../../model/message.ts";
import { type Message, MESSAGE_STEPS, type MessageStatus, type MessageStep } from "../../model/message.ts";
import type { Clock } from "../../platform/platform.ts";
import type { InboxJournal } from "../../store/inbox_journal.ts";

/** Finished messages that `GET /messages/:id` still knows. */
const FINISHED_LIMIT = 1_000;
/** Finished messages that are known by their key, so that no message of one session is typed twice for a long time. */
const KEYED_LIMIT = 10_000;

export interface MessageBook {
  open(message: Message, key: string | undefined): MessageRow;
  /** Keys are about to be pressed for this message. */
  begin(row: MessageRow): void;
  /** A step that was taken already, or lies behind, is passed over. */
  take(row: MessageRow, step: MessageStep, evidence?: string): void;
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

  return {
    open(message, key) {
      const at = now();
      const row: MessageRow = {
        id: message.id,
        status: "queued",
        step: "queued",
        queued_at: at,
        delivered_at: null,
        text_preview: previewOf(message.text),
        error: null,
        ...(key === undefined ? {} : { key }),
        steps: [{ step: "queued", at }],
      };
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
    take(row, step, evidence) {
      if (step === "queued" || MESSAGE_STEPS.indexOf(step) <= MESSAGE_STEPS.indexOf(row.step)) return;
      const shown = evidence === undefined ? {} : { evidence };
      journal.write({ message_id: row.id, step, ...shown });
      row.step = step;
      row.steps = [...row.steps, { step, at: now(), ...shown }];
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
