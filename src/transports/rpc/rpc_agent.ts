/**
 * Drives one agent that speaks JSON-RPC on its standard streams: a process and a behaviour in, an `AgentProcess`
 * out. This file puts the parts together; the behaviour knows the agent.
 */

import { settledWithin } from "../../platform/waiting.ts";
import type { ApprovalPolicy } from "../../model/session.ts";
import type { Clock, PipedProcess } from "../../platform/platform.ts";
import { createRpcPeer, type RpcPeer } from "../../wire/json_rpc.ts";
import type { AgentProcess, ScreenPolicy } from "../agent_process.ts";
import { createAnswering } from "./answering.ts";
import { drainTail } from "./byte_tail.ts";
import { createRpcDelivery } from "./delivery.ts";
import { awaitEnd, DRAIN_MS } from "./ending.ts";
import { createIncoming } from "./incoming.ts";
import { createInterruptions, type Interruptions } from "./interruption.ts";
import { openConversation } from "./opening.ts";
import { createRpcOutlet } from "./outlet.ts";
import { createRetryLimit } from "./retries.ts";
import type { RpcBehaviour } from "./rpc_behaviour.ts";
import { createTurnTracker, type TurnTracker } from "./turns.ts";

/** Kept of the agent's error output, for the message of a failed start. */
const STDERR_TAIL_BYTES = 64 * 1024;
/** The protocol says what the state is; nothing has to settle. */
const NO_SCREEN: ScreenPolicy = { readySettleMs: 0, settleBy: "verdict", unseenWorkMs: 0, unexplainedWorkMs: 0 };

export interface RpcAgentOptions {
  clock: Clock;
  approvals: ApprovalPolicy;
  /** Takes the text that stands for the agent's screen. */
  output: (bytes: Uint8Array) => void;
}

/** Starts talking to `process`. Returns at once; `observations` tell when it is ready, or why it never will be. */
export function startRpcAgent(process: PipedProcess, behaviour: RpcBehaviour, options: RpcAgentOptions): AgentProcess {
  const { clock, approvals } = options;
  const { limits } = behaviour;
  const conversation = behaviour.converse();
  const outlet = createRpcOutlet({ clock, output: options.output });
  const turns = createTurnTracker();
  const stopping = new AbortController();
  const disposed = new AbortController();
  const stderr = drainTail(process.stderr, STDERR_TAIL_BYTES);
  const { stdout: readable, stdin: writable } = process;
  const peer = createRpcPeer({ readable, writable, clock, deadlineMs: limits.requestMs });
  const core = { clock, peer, behaviour, conversation, stderr, outlet, turns };

  const opening = openConversation({ ...core, stopping: stopping.signal, disposed: disposed.signal });
  const interruptions = createInterruptions(core);
  const interrupt = () => interruptions.interrupt(disposed.signal);
  const retries = createRetryLimit({ ...core, limitMs: limits.retryStreakMs, interrupt });
  const answering = createAnswering(core);
  const incoming = createIncoming({ ...core, approvals, answering, retries });
  const deliver = createRpcDelivery({ ...core, opening, interruptions, take: incoming.take });
  peer.listen(incoming);
  const exit = awaitEnd({ ...core, process, opening, answering, retries, stopping });

  return {
    pid: process.pid,
    observations: outlet.observations,
    exit,
    graces: behaviour.graces,
    policy: NO_SCREEN,
    bootMs: limits.bootMs,
    stopAnswer: "interrupt_sent",
    deliver,
    interrupt: interruptions.interrupt,
    askToStop(signal) {
      stopping.abort();
      return leave({ clock, peer, turns, interruptions, signal });
    },
    answer: answering.answer,
    async [Symbol.asyncDispose]() {
      stopping.abort();
      disposed.abort();
      retries.stop();
      outlet.end();
      await settledWithin(peer.closeWriter(), { clock, ms: DRAIN_MS });
      await Promise.all([peer.abandon(), stderr.abandon()]);
    },
  };
}

/** Ends the running turn, then the agent's input: that is how an agent on pipes is asked to leave. */
async function leave({ clock, peer, turns, interruptions, signal }: {
  clock: Clock;
  peer: RpcPeer;
  turns: TurnTracker;
  interruptions: Interruptions;
  signal: AbortSignal;
}): Promise<void> {
  if (turns.state().kind !== "idle") {
    // What counts is that the turn ends, not that the request is answered.
    interruptions.interrupt(signal).catch(() => undefined);
    await interruptions.turnOver(signal);
  }
  await settledWithin(peer.closeWriter(), { clock, ms: DRAIN_MS, signal });
}
