/**
 * What a JSON-RPC adapter supplies to `rpc_agent.ts`: how one conversation is opened, read, answered and steered.
 * Types only.
 */

import type { ApprovalPolicy } from "../../model/session.ts";
import type { BlockKind, Signal } from "../../model/signal.ts";
import type { StopGraces } from "../agent_process.ts";
import type { RequestOptions, RpcCall, RpcNotification, RpcRequest } from "../../wire/json_rpc.ts";

export interface RpcBehaviour {
  readonly graces: StopGraces;
  /** Begins to read one process. Its only memory is what the protocol spreads over several messages. */
  converse(): RpcConversation;
  /** The agent's own words in its error output, without log noise; "" when there are none. */
  errorText(stderr: string): string;
}

/** One agent process, read in the order of the wire. No clock, no effects of its own. */
export interface RpcConversation {
  /** The handshake, up to a thread that takes turns. */
  open(call: Caller, signal: AbortSignal): Promise<RpcThread>;
  read(note: RpcNotification): RpcReading;
  /** Explicit for every method; an unknown one is refused. */
  answer(request: RpcRequest, policy: ApprovalPolicy): RpcAnswer;
  startTurn(text: string): RpcCall;
  /** Adds `text` to the running turn. */
  steerTurn(turnId: string, text: string): RpcCall;
  interruptTurn(turnId: string): RpcCall;
  /** The turn that a reply to `startTurn` or `steerTurn` names. */
  turnIdOf(result: unknown): string | undefined;
}

/** The part of a peer that a handshake needs. */
export interface Caller {
  request(call: RpcCall, options?: RequestOptions): Promise<unknown>;
  notify(call: RpcCall): Promise<void>;
}

export interface RpcThread {
  /** what is known once the thread is open, in order: `resumable`, `facts` … */
  signals: readonly Signal[];
  /** for the transcript; "" for nothing */
  transcript: string;
}

/** What one notification says. */
export interface RpcReading {
  signals: readonly Signal[];
  /** for the transcript; "" for nothing */
  transcript: string;
  /** `retrying`: the agent hit an error and tries again; `alive`: bytes flow again; `progress`: work was done. */
  pulse?: { kind: "retrying"; message: string } | { kind: "alive" } | { kind: "progress" };
  /** a request of the agent that needs no answer any more */
  resolvedRequest?: string | number;
}

/** A permission question as the event log tells it. */
export interface ApprovalNote {
  approval: string;
  command?: string;
  path?: string;
}

export type RpcReply = { result: unknown } | { error: { code: number; message: string } };

export type RpcAnswer =
  /** answered at once; `decision` is what the approval event says */
  | { kind: "reply"; reply: RpcReply; decision: string; note?: ApprovalNote }
  /** stays open until somebody answers */
  | { kind: "ask"; question: RpcQuestion };

export interface RpcQuestion {
  on: BlockKind;
  label: string;
  detail: string;
  choices: readonly RpcChoice[];
  note?: ApprovalNote;
  /** the reply that carries a text of the answerer's own, where the question takes one */
  replyWithText?: (text: string) => RpcReply | undefined;
}

export interface RpcChoice {
  label: string;
  /** what `--approve` and `--deny` pick: the first choice of that decision */
  decision: "approve" | "deny" | "other";
  reply: RpcReply;
}
