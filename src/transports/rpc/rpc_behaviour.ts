/**
 * What a JSON-RPC adapter supplies to `rpc_agent.ts`: how one conversation is opened, read, answered and steered.
 * Types only.
 */

import type { ApprovalPolicy } from "../../model/session.ts";
import type { BlockKind, Signal } from "../../model/signal.ts";
import type { StopGraces } from "../agent_process.ts";
import type { RequestOptions, RpcCall, RpcNotification, RpcReply, RpcRequest } from "../../wire/json_rpc.ts";

export type { RpcReply };

export interface RpcBehaviour {
  readonly graces: StopGraces;
  readonly limits: RpcLimits;
  /** Begins to read one process. Its only memory is what the protocol spreads over several messages. */
  converse(): RpcConversation;
  /** The agent's own words in its error output, without log noise; "" when there are none. */
  errorText(stderr: string): string;
}

/** How long this agent may take, in milliseconds. */
export interface RpcLimits {
  /** From a request to its reply. An agent that takes longer counts as broken. */
  requestMs: number;
  /** From the first of several errors in a row, after each of which the agent tries again, to interrupting its turn. */
  retryStreakMs: number;
  /** An agent that exits sooner than this after its start, before any turn, has failed to boot. */
  bootMs: number;
}

/** One agent process, read in the order of the wire. No clock, no effects of its own. */
export interface RpcConversation {
  /** The handshake, up to a thread that takes turns. */
  open(call: Caller, signal: AbortSignal): Promise<RpcThread>;
  read(note: RpcNotification): RpcReading;
  /** Explicit for every method; an unknown one is refused. */
  answer(request: RpcRequest, policy: ApprovalPolicy): RpcAnswer;
  startTurn(text: string): TurnStart;
  /** Adds `text` to the running turn; absent where the agent takes no text while a turn runs. */
  steerTurn?(text: string, turnId?: string): RpcCall;
  interruptTurn(turnId?: string): Interruption;
  /**
   * Ends what an interrupted turn has left running; absent where an interrupt leaves nothing. Called after the agent
   * has taken the interruption. A rejection means that the agent cannot do it.
   */
  endLeftovers?(call: Caller, options: { turnId: string | undefined; signal: AbortSignal }): Promise<void>;
}

/**
 * How a turn is started, by what the reply to the call means. Turn ids are optional: an agent that runs one turn at a
 * time may not name its turns, and its `turn_started` and `turn_ended` signals carry no id then.
 */
export type TurnStart =
  /** The agent replies as soon as it has taken the message, and may name the turn. A notification reports the end. */
  | { replyMeans: "accepted"; call: RpcCall; turnIdOf(result: unknown): string | undefined }
  /**
   * The agent replies when the turn is over, however long that takes; `read` gives the `turn_ended` signal. A
   * notification with a `turn_started` signal shows before that that the agent took the message.
   */
  | { replyMeans: "ended"; call: RpcCall; read(result: unknown): RpcReading };

/** How a running turn is interrupted: by a request that the agent answers, or by a notification. */
export interface Interruption {
  kind: "request" | "notification";
  call: RpcCall;
}

/** The part of a peer that a handshake needs. */
export interface Caller {
  request(call: RpcCall, options?: RequestOptions): Promise<unknown>;
  notify(call: RpcCall): Promise<void>;
}

export interface RpcThread {
  /** what is known when the thread is open, in order: `resumable`, `facts` … */
  signals: readonly Signal[];
  /** for the transcript; "" for nothing */
  transcript: string;
}

/** What one message of the agent says. */
export interface RpcReading {
  signals: readonly Signal[];
  /** for the transcript; "" for nothing */
  transcript: string;
  /** `retrying`: the agent hit an error and tries again; `alive`: bytes flow again; `progress`: work was done. */
  pulse?: { kind: "retrying"; message: string } | { kind: "alive" } | { kind: "progress" };
  /** a request of the agent that needs no answer any more */
  resolvedRequest?: string | number;
}

/** A permission question as the event log shows it. */
export interface ApprovalNote {
  approval: string;
  command?: string;
  path?: string;
}

export type RpcAnswer =
  /** answered at once; `decision` is what the approval event says */
  | { kind: "reply"; reply: RpcReply; decision: string; note?: ApprovalNote }
  /** stays open until it is answered */
  | { kind: "ask"; question: RpcQuestion };

export interface RpcQuestion {
  on: BlockKind;
  label: string;
  detail: string;
  choices: readonly RpcChoice[];
  note?: ApprovalNote;
  /** the reply that carries a free text, where the question takes one */
  replyWithText?: (text: string) => RpcReply | undefined;
}

export interface RpcChoice {
  label: string;
  /** what `--approve` and `--deny` pick: the first choice of that decision */
  decision: "approve" | "deny" | "other";
  reply: RpcReply;
}
