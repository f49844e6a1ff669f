/** What the checks of a probe have in common: what they may use, and how a turn is taken. */

import { HarnexError } from "../../model/errors.ts";
import type { ReadEvent } from "../../model/events.ts";
import type { ModelReply, Trial } from "../../model/trial.ts";
import type { Platform, ProcessRef } from "../../platform/platform.ts";
import { listOf, textOf } from "../../text/json.ts";
import type { Lane } from "./mock_model.ts";
import type { Rehearsal } from "./rehearsal.ts";

/** What the checks of one scene share. */
export interface Act {
  readonly trial: Trial;
  readonly lane: Lane;
  readonly platform: Platform;
  readonly session: Rehearsal;
  /** the version that harnex goes by */
  readonly version: string | undefined;
  /** Ends a tool that outlived its turn, if it still runs when the probe is over. */
  readonly remember: (tool: ProcessRef) => void;
  /** the tools that must not outlive the session */
  readonly tools: readonly ProcessRef[];
}

export interface Check {
  readonly name: string;
  /** the guarantee that is weaker if this does not hold */
  readonly weaker: string;
  /** `always`: it is tried even if a check before it left the session in a bad state */
  readonly tried: "in order" | "always";
  readonly run: (act: Act) => Promise<string>;
}

/** A message of a check that is not about its text. */
export const NEXT = "Next task, please.";

export function fail(what: string): never {
  throw new HarnexError("failed", what);
}

export function say(text: string): ModelReply {
  return { kind: "say", text };
}

export const isTurnEnd = ({ type }: ReadEvent) => type === "task_complete" || type === "task_failed";
export const isBlocked = ({ type }: ReadEvent) => type === "blocked";

export function labelsOf(asked: ReadEvent): string[] {
  return listOf(asked["choices"]).flatMap((choice) => textOf(choice) ?? []);
}

/** Sends a message that the model answers with `replies`, and waits for the end of its turn. */
export async function takeTurn(act: Act, text: string, replies: readonly ModelReply[]) {
  const { lane, session } = act;
  const [from, before] = [session.events.length, lane.prompts.length];
  lane.reply(...replies);
  const { messageId, evidence } = await session.send(text);
  const end = await session.event("the end of the turn", isTurnEnd, from);
  if (end["message_id"] !== messageId) fail("the end of the turn does not belong to its message");
  return { evidence, end, from, arrived: lane.prompts.slice(before) };
}

/** The same for a message whose turn must be complete. Throws if it arrived otherwise than it was sent. */
export async function completeTurn(act: Act, text: string, replies: readonly ModelReply[]) {
  const taken = await takeTurn(act, text, replies);
  if (taken.arrived.length !== 1) fail(`the message arrived ${taken.arrived.length} times`);
  const [arrived = ""] = taken.arrived;
  if (arrived !== text) fail(`the message arrived otherwise: ${differenceOf(text, arrived)}`);
  if (taken.end.type !== "task_complete") fail(`the turn ended as ${taken.end["status"] ?? taken.end.type}`);
  await act.session.reach("prompt");
  return taken;
}

/** Where two texts part, without showing much of them. */
function differenceOf(sent: string, arrived: string): string {
  let at = 0;
  while (at < sent.length && sent[at] === arrived[at]) at++;
  const [expected, found] = [sent, arrived].map((text) => JSON.stringify(text.slice(at, at + 40)));
  return `${sent.length} characters sent, ${arrived.length} arrived; at ${at}: ${expected} became ${found}`;
}
