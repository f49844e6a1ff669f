/** How a message gets past the typing gate. */

import type { Delivery, Message } from "../../model/message.ts";
import type { AgentProcess, DeliverOptions } from "../../transports/agent_process.ts";
import type { TypingGate } from "./typing_gate.ts";

/** Why a message waits, or was not typed, while the gate is closed. */
export const HELD_BY_DRAFT = "a person's draft is in the input box";

export interface GatedDeliveryDeps {
  agent: Pick<AgentProcess, "deliver">;
  /** absent for an agent that takes no keys */
  gate: TypingGate | undefined;
  /** how long a message may wait for the gate */
  limitMs: number;
  /** aborted when the agent is asked to stop */
  calledOff: AbortSignal;
}

/** Delivers when the gate is open: a forced message waits too, and a person's keys stay out of its text. */
export async function deliverGated(
  { agent, gate, limitMs, calledOff }: GatedDeliveryDeps,
  message: Message,
  { signal, onStep }: DeliverOptions,
): Promise<Delivery> {
  const options = { signal, calledOff, onStep };
  if (gate === undefined) return await agent.deliver(message, options);
  const untilStop = AbortSignal.any([signal, calledOff]);
  if (!(await gate.untilOpen({ limitMs, signal: untilStop })) && !untilStop.aborted) {
    return { kind: "refused", reason: HELD_BY_DRAFT };
  }
  using _keys = gate.holdKeys();
  return await agent.deliver(message, options);
}
