/**
 * The open questions of a JSON-RPC agent, oldest first: only the oldest is shown and answered. Picks the reply that
 * fits an answer. Pure bookkeeping: sends nothing.
 */

import type { Signal } from "../../model/signal.ts";
import type { AgentAnswer } from "../agent_process.ts";
import type { RpcId } from "../../wire/json_rpc.ts";
import type { RpcQuestion, RpcReply } from "./rpc_behaviour.ts";

/** Questions open at one time. Agents run a few tools in parallel; more questions than this are a fault. */
const MAX_OPEN_QUESTIONS = 64;

/** The words of the `approval` event, which are the same for a policy's decision. */
const DECISIONS: Readonly<Record<string, string>> = { approve: "accept", deny: "decline" };

export interface OpenQuestion {
  id: RpcId;
  question: RpcQuestion;
}

export type Pick =
  | { kind: "picked"; open: OpenQuestion; reply: RpcReply; choice: string; decision: string }
  | { kind: "refused"; reason: string; choices?: readonly string[] };

export interface Questions {
  current(): OpenQuestion | undefined;
  /** False when there are too many. */
  add(open: OpenQuestion): boolean;
  /** Whether it was there. */
  remove(id: RpcId): boolean;
  clear(): void;
  pick(answer: AgentAnswer): Pick;
}

/** The signal that shows an open question. */
export function blockedSignal({ id, question }: OpenQuestion): Signal {
  return {
    kind: "blocked",
    on: question.on,
    label: question.label,
    detail: question.detail,
    choices: question.choices.map((choice) => choice.label),
    questionId: String(id),
  };
}

export function createQuestions(): Questions {
  const open: OpenQuestion[] = [];

  function pick(answer: AgentAnswer): Pick {
    const current = open[0];
    if (current === undefined) return { kind: "refused", reason: "the agent asks nothing" };
    const { question, id } = current;
    const choices = question.choices.map((choice) => choice.label);
    if (answer.questionId !== undefined && answer.questionId !== String(id)) {
      return { kind: "refused", reason: "the agent asks something else by now", choices };
    }
    const wanted = answer.choice?.trim().toLowerCase();
    const chosen = wanted !== undefined
      ? question.choices.find((choice) => choice.label.toLowerCase() === wanted)
      : answer.decision !== undefined
      ? question.choices.find((choice) => choice.decision === answer.decision)
      : undefined;
    if (chosen !== undefined) {
      const { reply, label } = chosen;
      return { kind: "picked", open: current, reply, choice: label, decision: DECISIONS[chosen.decision] ?? label };
    }
    if (wanted === undefined && answer.decision === undefined && answer.message !== undefined) {
      const reply = question.replyWithText?.(answer.message);
      if (reply !== undefined) {
        return { kind: "picked", open: current, reply, choice: answer.message, decision: "accept" };
      }
      return { kind: "refused", reason: "this question does not take that text", choices };
    }
    const said = answer.choice ?? answer.decision ?? "";
    return { kind: "refused", reason: `this question has no choice ${JSON.stringify(said)}`, choices };
  }

  return {
    current: () => open[0],
    add(next) {
      if (open.length >= MAX_OPEN_QUESTIONS) return false;
      open.push(next);
      return true;
    },
    remove(id) {
      const at = open.findIndex((each) => each.id === id);
      if (at === -1) return false;
      open.splice(at, 1);
      return true;
    },
    clear: () => void open.splice(0),
    pick,
  };
}
