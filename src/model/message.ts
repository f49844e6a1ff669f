/**
 * What is told about a message: its row in the inbox, its steps, its preview, and what a dead host left of it.
 */

import type { MessageStatus, MessageStep } from "./session.ts";
import { firstCharacters } from "../text/visible.ts";

const PREVIEW_LIMIT = 80;

/** The text as a list of messages shows it, on one short line. */
export function previewOf(text: string): string {
  const line = text.replaceAll(/\s+/g, " ").trim();
  const short = firstCharacters(line, PREVIEW_LIMIT);
  return short === line ? line : `${firstCharacters(line, PREVIEW_LIMIT - 3)}...`;
}

/** Answer of `GET /messages/:id`, and one row of the inbox. */
export interface MessageRow {
  id: string;
  status: MessageStatus;
  step: MessageStep;
  queued_at: string;
  delivered_at: string | null;
  text_preview: string;
  error: string | null;
  /** bytes written to the agent's terminal */
  bytes_written?: number;
  /** what showed that the agent took it */
  evidence?: string;
  /** the sender's own name for it: a second message with this key is not typed */
  key?: string;
  /** the steps taken so far, each once */
  steps: readonly TakenStep[];
}

/** One step of a message: when, and what showed it. */
export interface TakenStep {
  step: MessageStep;
  at: string;
  evidence?: string;
}

/** A message that no agent is known to have taken when its host died, and how far it got. */
export interface UndeliveredMessage {
  message_id: string;
  session_id: string;
  step: MessageStep;
  queued_at: string;
  text_preview: string;
  error: string;
}
