/**
 * What a JSON-RPC agent sends, in the order of the wire: its notifications become signals and transcript, its
 * requests are answered by the policy or put as questions.
 */

import { assertNever } from "../../model/never.ts";
import type { ApprovalPolicy } from "../../model/session.ts";
import type { Signal } from "../../model/signal.ts";
import type { PeerHandlers, RpcPeer, RpcRequest } from "../../wire/json_rpc.ts";
import type { Answering } from "./answering.ts";
import type { RpcOutlet } from "./outlet.ts";
import type { RetryLimit } from "./retries.ts";
import type { RpcConversation, RpcReading } from "./rpc_behaviour.ts";
import type { TurnTracker } from "./turns.ts";

/** Lines that are not messages and get an event each; further ones are dropped. */
const MALFORMED_REPORTED = 20;

export interface IncomingParts {
  peer: RpcPeer;
  conversation: RpcConversation;
  approvals: ApprovalPolicy;
  turns: TurnTracker;
  answering: Answering;
  retries: RetryLimit;
  outlet: RpcOutlet;
}

export interface Incoming extends PeerHandlers {
  /** Takes what one message says. */
  take(reading: RpcReading): void;
}

export function createIncoming(parts: IncomingParts): Incoming {
  const { conversation, outlet } = parts;
  let malformed = 0;
  const take = (reading: RpcReading) => takeReading(reading, parts);
  return {
    take,
    async onNotification(note) {
      take(conversation.read(note));
      await outlet.room();
    },
    async onRequest(request) {
      takeRequest(request, parts);
      await outlet.room();
    },
    onMalformed(problem, excerpt) {
      malformed += 1;
      if (malformed > MALFORMED_REPORTED) return;
      outlet.observe({ kind: "item_completed", item: { type: "malformed_line", problem, excerpt } });
      outlet.write(`! a line from the agent could not be read: ${problem}\n`);
    },
  };
}

function takeReading(reading: RpcReading, parts: IncomingParts): void {
  parts.outlet.write(reading.transcript);
  parts.retries.count(reading.pulse);
  for (const signal of reading.signals) takeSignal(signal, parts);
  if (reading.resolvedRequest !== undefined) parts.answering.withdraw(reading.resolvedRequest);
}

/** Follows the turn, and passes the signal on. */
function takeSignal(signal: Signal, { turns, answering, retries, outlet }: IncomingParts): void {
  if (signal.kind === "turn_started") turns.started(signal.turnId);
  if (signal.kind !== "turn_ended") return outlet.observe(signal);
  answering.clear();
  turns.ended(signal.turnId);
  outlet.observe(retries.endOf(signal));
  if (turns.state().kind !== "active") outlet.observe({ kind: "ready", label: "prompt" });
}

function takeRequest(request: RpcRequest, { peer, conversation, approvals, answering, outlet }: IncomingParts): void {
  const answer = conversation.answer(request, approvals);
  switch (answer.kind) {
    case "reply":
      if (answer.note !== undefined) {
        outlet.observe({ kind: "approval", ...answer.note, decision: answer.decision, by: "policy" });
      }
      // Not awaited: an agent that writes before it reads must not stop our reading. A broken pipe ends the stream.
      peer.reply(request.id, answer.reply).catch(() => undefined);
      break;
    case "ask":
      answering.ask({ id: request.id, question: answer.question });
      break;
    default:
      assertNever(answer);
  }
}
