/** One message on its way to the agent, and how its sender is answered. */

import type { EventBody } from "../../model/events.ts";
import type { Message, MessageRow } from "../../model/message.ts";
import type { MessageBook } from "./message_book.ts";

/** The sender's answer. */
export type SendResult =
  | { kind: "delivered"; messageId: string; bytesWritten: number; evidence: string }
  | { kind: "queued"; messageId: string }
  | { kind: "failed"; messageId: string; status: Failure["status"]; error: string; bytesWritten: number };

export interface Entry {
  message: Message;
  row: MessageRow;
  outcome: Promise<SendResult>;
  /** settles `outcome` */
  settle: (result: SendResult) => void;
}

export function createEntry(message: Message, row: MessageRow): Entry {
  const { promise, resolve } = Promise.withResolvers<SendResult>();
  return { message, row, outcome: promise, settle: resolve };
}

/** Why a message ends without having been delivered. */
export interface Failure {
  status: "failed" | "expired" | "dropped" | "typed_not_submitted";
  error: string;
  bytesWritten?: number;
}

/** Ends a message that was not delivered: in the book, as an event, for its sender. */
export function failEntry(
  { row, settle }: Entry,
  { status, error, bytesWritten = 0 }: Failure,
  { book, emit }: { book: MessageBook; emit: (event: EventBody) => void },
): void {
  const message_id = row.id;
  if (bytesWritten > 0) row.bytes_written = bytesWritten;
  book.fail(row, { status, error });
  emit(
    status === "expired" || status === "dropped"
      ? { type: status, message_id, error }
      : { type: "failed", message_id, error, status },
  );
  settle({ kind: "failed", messageId: message_id, status, error, bytesWritten });
}

/** What a row says of a message that is not being delivered now. */
export function resultOf({ id: messageId, status, error, evidence, bytes_written }: MessageRow): SendResult {
  const bytesWritten = bytes_written ?? 0;
  if (status === "queued") return { kind: "queued", messageId };
  if (status === "delivered") return { kind: "delivered", messageId, bytesWritten, evidence: evidence ?? "" };
  return { kind: "failed", messageId, status, error: error ?? "", bytesWritten };
}
