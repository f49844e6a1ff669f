/**
 * The handshake with a JSON-RPC agent: up to a thread that takes turns, or to the reason why there will be none.
 */

import { HarnexError, messageOf } from "../../model/errors.ts";
import { settledWithin } from "../../platform/waiting.ts";
import type { Clock } from "../../platform/platform.ts";
import { RpcError, type RpcPeer } from "../../wire/json_rpc.ts";
import type { ByteTail } from "./byte_tail.ts";
import type { RpcOutlet } from "./outlet.ts";
import type { RpcBehaviour, RpcConversation } from "./rpc_behaviour.ts";

/** How long the error output of an agent that has closed its other stream may take to end. */
const STDERR_END_MS = 1000;

export interface OpeningParts {
  clock: Clock;
  peer: RpcPeer;
  behaviour: Pick<RpcBehaviour, "limits" | "errorText">;
  conversation: RpcConversation;
  stderr: ByteTail;
  outlet: RpcOutlet;
  /** aborted when the agent is asked to stop: then a failed handshake is no news */
  stopping: AbortSignal;
  /** gives the handshake up */
  disposed: AbortSignal;
}

export interface Opening {
  /** Resolves when the handshake is over, either way. Never rejects. */
  readonly settled: Promise<void>;
  /** Waits for the thread; false when there will be none. */
  becomesReady(signal: AbortSignal): Promise<boolean>;
}

/** Begins the handshake. A failure is reported, and closes the agent's input. */
export function openConversation(parts: OpeningParts): Opening {
  let isOpen = false;
  const settled = open(parts).then((opened) => {
    isOpen = opened;
  });
  return {
    settled,
    async becomesReady(signal) {
      await settledWithin(settled, { clock: parts.clock, ms: parts.behaviour.limits.requestMs, signal });
      return isOpen;
    },
  };
}

async function open(parts: OpeningParts): Promise<boolean> {
  const { peer, conversation, outlet } = parts;
  try {
    const thread = await conversation.open(peer, parts.disposed);
    outlet.write(thread.transcript);
    thread.signals.forEach((signal) => outlet.observe(signal));
    outlet.observe({ kind: "ready", label: "prompt" });
    return true;
  } catch (error) {
    if (!parts.stopping.aborted) await reportFailure(error, parts);
    return false;
  }
}

async function reportFailure(error: unknown, { clock, peer, behaviour, stderr, outlet }: OpeningParts): Promise<void> {
  // An agent that exited says why on its error output, which may come after the end of its other stream.
  if (error instanceof RpcError && error.kind === "closed") {
    await settledWithin(stderr.ended, { clock, ms: STDERR_END_MS });
  }
  // An adapter that turns a thread down knows why; otherwise the agent's own words say more.
  const own = error instanceof HarnexError ? "" : behaviour.errorText(stderr.text());
  const message = own || messageOf(error);
  outlet.write(`! the agent did not start: ${message}\n`);
  outlet.observe({ kind: "disconnected", source: "transport", message });
  await peer.closeWriter();
}
