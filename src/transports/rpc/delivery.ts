/**
 * Puts messages to a JSON-RPC agent, one after the other: a message starts a turn, or is added to the running one
 * when that is asked for. Says what became of each; never sends one twice.
 */

import { messageOf } from "../../model/errors.ts";
import type { Delivery, Message } from "../../model/message.ts";
import type { Clock } from "../../platform/platform.ts";
import type { DeliverOptions } from "../agent_process.ts";
import { settledWithin } from "../../platform/waiting.ts";
import { RpcError, type RpcPeer } from "../../wire/json_rpc.ts";
import type { RpcConversation } from "./rpc_behaviour.ts";
import type { TurnTracker } from "./turns.ts";

/** How long `stop` gives the running turn to end, so that its tools end with it. */
export const STOP_TURN_MS = 1000;

export interface RpcDelivery {
  deliver(message: Message, options: DeliverOptions): Promise<Delivery>;
  interrupt(signal: AbortSignal): Promise<void>;
  /** Whether no turn runs any more within `ms`. */
  turnOver(options: { ms: number; signal: AbortSignal }): Promise<boolean>;
}

export interface RpcDeliveryOptions {
  peer: RpcPeer;
  conversation: RpcConversation;
  turns: TurnTracker;
  clock: Clock;
  /** Waits for the thread; false when there will be none. */
  ready: (signal: AbortSignal) => Promise<boolean>;
}

type Steered = { kind: "taken"; evidence: string } | { kind: "over" } | { kind: "failed"; reason: string };

export function createDelivery({ peer, conversation, turns, clock, ready }: RpcDeliveryOptions): RpcDelivery {
  const encoder = new TextEncoder();
  let deliveries: Promise<unknown> = Promise.resolve();

  async function deliver(message: Message, { signal, onStep }: DeliverOptions): Promise<Delivery> {
    if (message.mode === "type" || message.mode === "enter") {
      return { kind: "refused", reason: "this agent has no input line: send the text and its Enter together" };
    }
    if (!(await ready(signal))) return { kind: "refused", reason: "the agent is not ready" };
    if (signal.aborted) return { kind: "refused", reason: "given up before it was sent" };
    const state = turns.state();
    if (state.kind !== "idle" && !message.force) return { kind: "refused", reason: "a turn is running" };
    const bytesWritten = encoder.encode(message.text).length;
    onStep("typed");
    onStep("submitted");
    if (state.kind === "active") {
      const steered = await steer(state.turnId, message.text, signal);
      if (steered.kind === "taken") {
        onStep("accepted", steered.evidence);
        return { kind: "accepted", bytesWritten, by: "rpc", evidence: steered.evidence, turnId: state.turnId };
      }
      if (steered.kind === "failed") return { kind: "not_taken", bytesWritten, reason: steered.reason };
    }
    const call = conversation.startTurn(message.text);
    turns.requested();
    try {
      const turnId = conversation.turnIdOf(await peer.request(call, { signal }));
      turns.replied(turnId);
      const evidence = `rpc: reply to ${call.method}`;
      onStep("accepted", evidence);
      return { kind: "accepted", bytesWritten, by: "rpc", evidence, ...(turnId === undefined ? {} : { turnId }) };
    } catch (error) {
      turns.replied(undefined);
      return { kind: "not_taken", bytesWritten, reason: messageOf(error) };
    }
  }

  async function steer(turnId: string, text: string, signal: AbortSignal): Promise<Steered> {
    const call = conversation.steerTurn(turnId, text);
    try {
      await peer.request(call, { signal });
      return { kind: "taken", evidence: `rpc: reply to ${call.method}` };
    } catch (error) {
      if (!(error instanceof RpcError) || error.kind !== "rejected") {
        return { kind: "failed", reason: messageOf(error) };
      }
      // Refused: most likely the turn ended meanwhile and its notification is on the way. Then a new one takes the
      // text.
      const ended = await turnOver({ ms: STOP_TURN_MS, signal });
      return ended ? { kind: "over" } : { kind: "failed", reason: messageOf(error) };
    }
  }

  /** Waits until no turn runs. */
  async function turnOver(options: { ms: number; signal: AbortSignal }): Promise<boolean> {
    const { ms, signal } = options;
    const deadline = clock.monotonic() + ms;
    while (turns.state().kind !== "idle") {
      const left = deadline - clock.monotonic();
      if (left <= 0 || !(await settledWithin(turns.changed(), { clock, ms: left, signal }))) return false;
    }
    return true;
  }

  async function interrupt(signal: AbortSignal): Promise<void> {
    if (turns.state().kind === "starting") {
      await settledWithin(turns.changed(), { clock, ms: STOP_TURN_MS, signal });
    }
    const state = turns.state();
    if (state.kind !== "active") return;
    // A refusal says that the turn has ended by itself, which is what was wanted; silence shows in the turn's state.
    await peer.request(conversation.interruptTurn(state.turnId), { signal }).catch(() => undefined);
  }

  return {
    deliver(message, options) {
      const delivery = deliveries.then(() => deliver(message, options));
      deliveries = delivery.catch(() => undefined);
      return delivery;
    },
    interrupt,
    turnOver,
  };
}
