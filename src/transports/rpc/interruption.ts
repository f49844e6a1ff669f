/**
 * Ends the running turn of a JSON-RPC agent, and waits for the end of a turn.
 */

import { assertNever } from "../../model/never.ts";
import { settledWithin } from "../../platform/waiting.ts";
import type { Clock } from "../../platform/platform.ts";
import type { RpcPeer } from "../../wire/json_rpc.ts";
import type { RpcConversation } from "./rpc_behaviour.ts";
import type { TurnTracker } from "./turns.ts";

/** How long a turn may take to begin after its request, and to end after an interrupt; its tools end with it. */
export const TURN_CHANGE_MS = 1000;

export interface Interruptions {
  /** Resolves when the agent was asked and, where it answers, has answered. Does nothing when no turn runs. */
  interrupt(signal: AbortSignal): Promise<void>;
  /** Waits until no turn runs; false when one still runs after `TURN_CHANGE_MS`, or on abort. */
  turnOver(signal: AbortSignal): Promise<boolean>;
}

export function createInterruptions(
  { peer, conversation, turns, clock }: {
    peer: RpcPeer;
    conversation: RpcConversation;
    turns: TurnTracker;
    clock: Clock;
  },
): Interruptions {
  /** An agent that cannot end them, or not in time, leaves them to the end of the session. */
  async function endLeftovers(turnId: string | undefined, signal: AbortSignal): Promise<void> {
    const ended = conversation.endLeftovers?.(peer, { turnId, signal });
    if (ended !== undefined) await settledWithin(ended, { clock, ms: TURN_CHANGE_MS, signal });
  }

  return {
    async interrupt(signal) {
      if (turns.state().kind === "starting") {
        await settledWithin(turns.changed(), { clock, ms: TURN_CHANGE_MS, signal });
      }
      const state = turns.state();
      if (state.kind !== "active") return;
      const { kind, call } = conversation.interruptTurn(state.turnId);
      switch (kind) {
        case "request": {
          // A refusal means that the turn has ended by itself, which was wanted; silence shows in the turn's state.
          const isTaken = await peer.request(call, { signal }).then(() => true, () => false);
          if (isTaken) await endLeftovers(state.turnId, signal);
          break;
        }
        case "notification":
          await peer.notify(call).catch(() => undefined); // the agent is gone, and its turn with it
          break;
        default:
          assertNever(kind);
      }
    },
    async turnOver(signal) {
      const deadline = clock.monotonic() + TURN_CHANGE_MS;
      while (turns.state().kind !== "idle") {
        const left = deadline - clock.monotonic();
        if (left <= 0 || !(await settledWithin(turns.changed(), { clock, ms: left, signal }))) return false;
      }
      return true;
    },
  };
}
