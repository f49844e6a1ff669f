/**
 * How the process of a JSON-RPC agent ends: its exit, the rest of its output, and what that means for a running turn.
 */

import type { ProcessExit } from "../../model/session.ts";
import { settledWithin } from "../../platform/waiting.ts";
import type { Clock, PipedProcess } from "../../platform/platform.ts";
import type { RpcPeer } from "../../wire/json_rpc.ts";
import type { Answering } from "./answering.ts";
import type { ByteTail } from "./byte_tail.ts";
import type { Opening } from "./opening.ts";
import type { RpcOutlet } from "./outlet.ts";
import type { RetryLimit } from "./retries.ts";
import type { RpcBehaviour } from "./rpc_behaviour.ts";
import type { TurnTracker } from "./turns.ts";

/** When the process has ended its pipes end too, unless a helper still holds them; and the other way round. */
export const DRAIN_MS = 1000;

export interface EndingParts {
  clock: Clock;
  process: Pick<PipedProcess, "exit">;
  peer: RpcPeer;
  stderr: ByteTail;
  behaviour: Pick<RpcBehaviour, "errorText">;
  opening: Pick<Opening, "settled">;
  turns: TurnTracker;
  answering: Answering;
  retries: RetryLimit;
  outlet: RpcOutlet;
  /** aborted when the agent is asked to stop: then its end is no news */
  stopping: AbortController;
}

/** Resolves when the process has ended and all that it said was read and passed on. */
export async function awaitEnd(parts: EndingParts): Promise<ProcessExit> {
  const exit = await awaitExit(parts);
  await drain(parts);
  await parts.opening.settled;
  parts.retries.stop();
  reportLostTurn(parts);
  parts.turns.lost();
  parts.answering.clear();
  parts.outlet.observe({ kind: "exited" }, "process");
  parts.outlet.end();
  return exit;
}

/** An agent that closes its output but runs on is out of reach: it is reported, and its input closed. */
async function awaitExit({ clock, process, peer, outlet, stopping }: EndingParts): Promise<ProcessExit> {
  await Promise.race([process.exit, peer.closed]);
  const hasExited = await settledWithin(process.exit, { clock, ms: DRAIN_MS });
  if (!hasExited && !stopping.signal.aborted) {
    outlet.observe({
      kind: "disconnected",
      source: "transport",
      message: "the agent closed its output but still runs",
    });
    stopping.abort();
    await settledWithin(peer.closeWriter(), { clock, ms: DRAIN_MS });
  }
  return await process.exit;
}

async function drain({ clock, peer, stderr }: EndingParts): Promise<void> {
  // A wrapper may be gone while the wrapped program still reads: this ends it too.
  await settledWithin(peer.closeWriter(), { clock, ms: DRAIN_MS });
  const drained = Promise.all([peer.closed, stderr.ended]);
  if (!(await settledWithin(drained, { clock, ms: DRAIN_MS }))) {
    await Promise.all([peer.abandon(), stderr.abandon()]);
  }
}

function reportLostTurn({ turns, stopping, behaviour, stderr, outlet }: EndingParts): void {
  if (turns.state().kind === "idle" || stopping.signal.aborted) return;
  const message = behaviour.errorText(stderr.text()) || "the agent ended in the middle of a turn";
  outlet.observe({ kind: "disconnected", source: "transport", message });
  outlet.write(`! ${message}\n`);
}
