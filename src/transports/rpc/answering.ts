/**
 * Shows the open questions of a JSON-RPC agent one after the other, and sends the answers.
 */

import { messageOf } from "../../model/errors.ts";
import type { RpcId, RpcPeer } from "../../wire/json_rpc.ts";
import type { AgentAnswer, AnswerOutcome } from "../agent_process.ts";
import type { RpcOutlet } from "./outlet.ts";
import { blockedSignal, createQuestions, type OpenQuestion } from "./questions.ts";
import type { RpcConversation } from "./rpc_behaviour.ts";
import type { TurnTracker } from "./turns.ts";

const TOO_MANY_QUESTIONS = { error: { code: -32000, message: "too many open questions" } } as const;

export interface Answering {
  /** Puts a question; shows it when no other is open. */
  ask(question: OpenQuestion): void;
  /** The agent needs no answer to this request any more. */
  withdraw(id: RpcId): void;
  /** Forgets the open questions: their turn is over. */
  clear(): void;
  answer(reply: AgentAnswer, signal: AbortSignal): Promise<AnswerOutcome>;
}

export function createAnswering(
  { peer, conversation, turns, outlet }: {
    peer: RpcPeer;
    conversation: RpcConversation;
    turns: TurnTracker;
    outlet: RpcOutlet;
  },
): Answering {
  const questions = createQuestions();

  /** Reports the question that is now the oldest, or that none is left. */
  function showNext(): void {
    const current = questions.current();
    if (current !== undefined) return outlet.observe(blockedSignal(current));
    const isRunning = turns.state().kind !== "idle";
    outlet.observe(isRunning ? { kind: "working", label: "session" } : { kind: "ready", label: "prompt" });
  }

  /** The protocol's answers carry no text: what the answerer says goes into the running turn. */
  async function pass(text: string, signal: AbortSignal): Promise<void> {
    const state = turns.state();
    if (state.kind !== "active") return;
    const call = conversation.steerTurn?.(text, state.turnId);
    const steered = call === undefined
      ? Promise.reject(new Error("the agent takes no text while a turn runs"))
      : peer.request(call, { signal });
    await steered.catch((error) => outlet.write(`! the answer's message was not taken: ${messageOf(error)}\n`));
  }

  return {
    ask(question) {
      const isFirst = questions.current() === undefined;
      // A reply is not awaited: an agent that writes before it reads must not stop our reading. A broken pipe ends
      // the stream.
      if (!questions.add(question)) peer.reply(question.id, TOO_MANY_QUESTIONS).catch(() => undefined);
      else if (isFirst) showNext();
    },
    withdraw(id) {
      if (questions.remove(id)) showNext();
    },
    clear: () => questions.clear(),
    async answer(reply, signal) {
      const pick = questions.pick(reply);
      if (pick.kind === "refused") return pick;
      const { open: { id, question }, choice, decision } = pick;
      questions.remove(id);
      if (question.note !== undefined) outlet.observe({ kind: "approval", ...question.note, decision, by: "answer" });
      showNext();
      try {
        await peer.reply(id, pick.reply);
      } catch (error) {
        return { kind: "refused", reason: messageOf(error) };
      }
      if (reply.message !== undefined && reply.message !== choice) await pass(reply.message, signal);
      return { kind: "answered", on: question.on, choice };
    },
  };
}
