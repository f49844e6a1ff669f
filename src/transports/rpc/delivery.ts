/**
 * Puts messages to a JSON-RPC agent, one after the other: a message starts a turn, or is added to the running one
 * when that is asked for. Reports what became of each, and never sends one twice.
 */

import { messageOf } from "../../model/errors.ts";
import { assertNever } from "../../model/never.ts";
import type { Delivery, Message } from "../../model/message.ts";
import { RpcError, type RpcPeer } from "../../wire/json_rpc.ts";
import type { AgentProcess, DeliverOptions } from "../agent_process.ts";
import { createOneAtATime } from "../one_at_a_time.ts";
import type { Interruptions } from "./interruption.ts";
import type { Opening } from "./opening.ts";
import type { RpcConversation, RpcReading, TurnStart } from "./rpc_behaviour.ts";
import type { TurnState, TurnTracker } from "./turns.ts";

export interface RpcDeliveryParts {
  peer: RpcPeer;
  conversation: RpcConversation;
  opening: Pick<Opening, "becomesReady">;
  turns: TurnTracker;
  interruptions: Pick<Interruptions, "turnOver">;
  /** Takes what a reply at the end of a turn says, as if a notification had said it. */
  take: (reading: RpcReading) => void;
}

/** What became of a message that was sent. */
type Sent =
  | { kind: "taken"; evidence: string; turnId?: string }
  /** it was to be added to a turn that has ended meanwhile */
  | { kind: "turn_over" }
  | { kind: "failed"; reason: string };

export function createRpcDelivery(parts: RpcDeliveryParts): AgentProcess["deliver"] {
  const oneAtATime = createOneAtATime();
  return (message, options) => oneAtATime(() => deliver(message, { ...options, parts }));
}

async function deliver(
  message: Message,
  { signal, calledOff, onStep, parts }: DeliverOptions & { parts: RpcDeliveryParts },
): Promise<Delivery> {
  const reason = await refusal(message, { signal, calledOff, parts });
  if (reason !== undefined) return { kind: "refused", reason };
  const state = parts.turns.state();
  const bytesWritten = new TextEncoder().encode(message.text).length;
  onStep("typed");
  onStep("submitted");
  const sent = await send(message.text, { state, signal, parts });
  if (sent.kind === "failed") return { kind: "not_taken", bytesWritten, reason: sent.reason };
  const { evidence, turnId } = sent;
  onStep("accepted", evidence);
  return { kind: "accepted", bytesWritten, by: "rpc", evidence, ...(turnId === undefined ? {} : { turnId }) };
}

/** Why this message must not be sent now. */
async function refusal(
  message: Message,
  { signal, calledOff, parts: { opening, turns, conversation } }: Pick<DeliverOptions, "signal" | "calledOff"> & {
    parts: RpcDeliveryParts;
  },
): Promise<string | undefined> {
  if (message.mode === "type" || message.mode === "enter") {
    return "this agent has no input line: send the text and its Enter together";
  }
  if (!(await opening.becomesReady(signal))) return "the agent is not ready";
  if (signal.aborted) return "given up before it was sent";
  if (calledOff?.aborted) return "the session is ending";
  const mayJoin = message.force && conversation.steerTurn !== undefined;
  return turns.state().kind !== "idle" && !mayJoin ? "a turn is running" : undefined;
}

interface SendContext {
  signal: AbortSignal;
  parts: RpcDeliveryParts;
}

/** Adds the text to the running turn; starts a turn when none runs, or when that one ended meanwhile. */
async function send(
  text: string,
  { state, ...context }: SendContext & { state: TurnState },
): Promise<Exclude<Sent, { kind: "turn_over" }>> {
  const steered = state.kind === "active" ? await steer(text, { ...context, turnId: state.turnId }) : undefined;
  if (steered !== undefined && steered.kind !== "turn_over") return steered;
  const start = context.parts.conversation.startTurn(text);
  context.parts.turns.requested();
  switch (start.replyMeans) {
    case "accepted":
      return await startAndAwaitReply(start, context);
    case "ended":
      return await startAndAwaitWork(start, context);
    default:
      return assertNever(start);
  }
}

async function steer(
  text: string,
  { turnId, signal, parts }: SendContext & { turnId: string | undefined },
): Promise<Sent | undefined> {
  const call = parts.conversation.steerTurn?.(text, turnId);
  if (call === undefined) return undefined;
  try {
    await parts.peer.request(call, { signal });
    return { kind: "taken", evidence: replyTo(call), ...(turnId === undefined ? {} : { turnId }) };
  } catch (error) {
    const failed = { kind: "failed", reason: messageOf(error) } as const;
    if (!(error instanceof RpcError) || error.kind !== "rejected") return failed;
    // Refused: most likely the turn has ended and its notification is on the way. Then a new turn takes the text.
    return await parts.interruptions.turnOver(signal) ? { kind: "turn_over" } : failed;
  }
}

type Started = Exclude<Sent, { kind: "turn_over" }>;

async function startAndAwaitReply(
  { call, turnIdOf }: Extract<TurnStart, { replyMeans: "accepted" }>,
  { signal, parts: { peer, turns } }: SendContext,
): Promise<Started> {
  try {
    const turnId = turnIdOf(await peer.request(call, { signal }));
    turns.replied(turnId);
    return { kind: "taken", evidence: replyTo(call), ...(turnId === undefined ? {} : { turnId }) };
  } catch (error) {
    turns.replied(undefined);
    return { kind: "failed", reason: messageOf(error) };
  }
}

/** The reply comes when the turn is over: the message was taken when the turn begins, or when that reply comes. */
async function startAndAwaitWork(
  { call, read }: Extract<TurnStart, { replyMeans: "ended" }>,
  { signal, parts: { peer, turns, take } }: SendContext,
): Promise<Started> {
  let hasBegun = false;
  const ended = peer.request(call, { deadlineMs: "none" }).then((result): Started => {
    take(read(result));
    return { kind: "taken", evidence: replyTo(call) };
  }, (error): Started => {
    const detail = messageOf(error);
    const isGone = error instanceof RpcError && error.kind === "closed";
    if (hasBegun && !isGone) take({ signals: [{ kind: "turn_ended", outcome: "failed", detail }], transcript: "" });
    return { kind: "failed", reason: detail };
  }).finally(() => turns.replied(undefined));
  const begun = turnBegins(turns).then((begins): Started | Promise<Started> => {
    hasBegun = begins;
    return begins ? { kind: "taken", evidence: `rpc: the turn of ${call.method} began` } : ended;
  });
  const givenUp = Promise.withResolvers<Started>();
  const giveUp = () => givenUp.resolve({ kind: "failed", reason: `${call.method}: given up` });
  signal.addEventListener("abort", giveUp, { once: true });
  try {
    return await Promise.race([begun, ended, givenUp.promise]);
  } finally {
    signal.removeEventListener("abort", giveUp);
  }
}

/** Whether the requested turn begins; false when its request is over before that. */
async function turnBegins(turns: TurnTracker): Promise<boolean> {
  while (turns.state().kind === "starting") await turns.changed();
  return turns.state().kind === "active";
}

function replyTo({ method }: { method: string }): string {
  return `rpc: reply to ${method}`;
}
