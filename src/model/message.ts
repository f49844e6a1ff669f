/**
 * A message to the agent: how it is typed, its steps, its row in the inbox, and what a dead host left of it.
 */

import { firstCharacters } from "../text/visible.ts";
import type { SignalSource } from "./signal.ts";

/** How a message is given to the agent. */
export type MessageMode =
  /** type the text and submit it */
  | "submit"
  /** type the text, no Enter */
  | "type"
  /** Enter only */
  | "enter"
  /** bytes as they are (the legacy form of POST /send) */
  | "raw";

/** A message to the agent, as the transport sees it. */
export interface Message {
  id: string;
  text: string;
  mode: MessageMode;
  /** deliver it even if the agent is not at its prompt (a JSON-RPC agent is steered) */
  force: boolean;
}

/** The steps of a message, in order; it takes each at most once. */
export const MESSAGE_STEPS = ["queued", "typed", "submitted", "accepted", "turn_started", "turn_ended"] as const;
export type MessageStep = (typeof MESSAGE_STEPS)[number];

/** How a delivery ended. */
export type Delivery =
  /**
   * the agent took it; `by` and `evidence` name what showed that, such as `screen: working`; `turnId` when the agent
   * names it
   */
  | { kind: "accepted"; bytesWritten: number; by: SignalSource; evidence: string; turnId?: string }
  /** typed and, unless the mode was `type`, submitted; but nothing showed that the agent took it */
  | { kind: "not_taken"; bytesWritten: number; reason: string }
  /** nothing was typed */
  | { kind: "refused"; reason: string };

/** Public status of a message in the inbox. */
export type MessageStatus = "queued" | "delivered" | "failed" | "expired" | "dropped" | "typed_not_submitted";

const PREVIEW_LIMIT = 80;

/** The text on one short line, for a list of messages. */
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
  /** the sender's name for it: a second message with this key is not typed */
  key?: string;
  /** the steps taken so far, each once */
  steps: readonly TakenStep[];
}

/** One step of a message: when the message took it, and what showed that. */
export interface TakenStep {
  step: MessageStep;
  at: string;
  evidence?: string;
}

/** A message whose host died before an agent was seen to take it, and how far the message got. */
export interface UndeliveredMessage {
  message_id: string;
  session_id: string;
  step: MessageStep;
  queued_at: string;
  text_preview: string;
  error: string;
}
