/**
 * How long typed text takes to show in a terminal program that is not known to need more, and what a message means
 * that stands in the input box again.
 */

import type { PtyBehaviour, TypingPolicy } from "../transports/agent_process.ts";

/**
 * Programs that take a burst of keys for a paste need 100 ms before Enter. The rest is patience: a busy machine took
 * half a second to draw what was typed, and more than two seconds to take a dialog away.
 */
export const TYPING: TypingPolicy = {
  beforeEnterMs: 100,
  echoStartMs: 3_000,
  echoQuietMs: 30,
  echoLimitMs: 5_000,
  confirmMs: 2_000,
  answerShowsMs: 10_000,
};

/** The agent gave the message back, which it does when a turn is interrupted before any answer. */
export const MESSAGE_GIVEN_BACK: NonNullable<PtyBehaviour["returnedDraftMeans"]> = {
  outcome: "interrupted",
  detail: "interrupted: the message is back in the input box",
};
