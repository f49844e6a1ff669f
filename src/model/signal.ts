/**
 * What harnex learns about an agent: signals with their sources, and the states that follow from them.
 */

import type { Usage } from "./usage.ts";

/** What harnex knows about an agent. It never treats `unknown` as ready. */
export type AgentState = "unknown" | "prompt" | "busy" | "blocked" | "exited";

/** Sources of signals, strongest first. A weaker source never overrules a stronger one about the same turn. */
export const SIGNAL_SOURCES = ["process", "rpc", "hook", "file", "osc", "screen"] as const;
export type SignalSource = (typeof SIGNAL_SOURCES)[number];

/** What a blocked agent waits for. */
export type BlockKind = "trust" | "login" | "permission" | "question" | "choice";

export type TurnOutcome = "completed" | "interrupted" | "failed";

/** A typed fact about the agent. `label` is its public `input_state.state`. */
export type Signal =
  /** Level: the agent is at its prompt and accepts a message. */
  | {
    kind: "ready";
    label: string;
    /** how the turn before this prompt ended, if the source shows that it was not completed */
    lastTurn?: { outcome: TurnOutcome; detail: string };
    /** since when, if the source says so */
    since?: number;
  }
  /** Level: a turn is visibly running. */
  | {
    kind: "working";
    label: string;
    /** the agent is at its prompt, but a background task of the turn still runs, and its end wakes the agent */
    background?: true;
  }
  /** Level: the agent waits for a decision. */
  | {
    kind: "blocked";
    on: BlockKind;
    label: string;
    detail: string;
    choices?: readonly string[];
    /** distinguishes this question from the next one, if the agent's protocol does */
    questionId?: string;
  }
  /** Level: this source does not know the state any more, and what it said before no longer counts. */
  | { kind: "unclear"; label: string }
  /** Edge: the agent took a message and began a turn. */
  | { kind: "turn_started"; turnId?: string }
  /** Edge: the agent said how its turn ends. It ends when the agent is back at its prompt, or begins the next turn. */
  | { kind: "turn_ending"; outcome: TurnOutcome; detail?: string; lastMessage?: string }
  /** Edge: the turn is over. */
  | { kind: "turn_ended"; turnId?: string; outcome: TurnOutcome; detail?: string; lastMessage?: string; usage?: Usage }
  | { kind: "item_completed"; item: unknown }
  /** Edge: the person clears the conversation; the work that this takes is no turn. */
  | { kind: "cleared" }
  | { kind: "compaction"; fields: Readonly<Record<string, unknown>> }
  | { kind: "approval"; approval: string; command?: string; path?: string; decision: string; by: string }
  | { kind: "usage"; usage: Usage }
  | { kind: "resumable"; agentSessionId: string }
  /**
   * What the agent reports about itself (model, effort, rate limits …), for the status payload; later values replace
   * earlier ones.
   */
  | { kind: "facts"; facts: Readonly<Record<string, unknown>> }
  /** The connection to the agent is broken, or the agent reported an error from which it does not recover. */
  | { kind: "disconnected"; source: "transport" | "error_notification"; message?: string }
  /**
   * harnex pressed Enter (or sent the request) for this message, and expects a turn. `taken` or `not_taken` may follow.
   */
  | { kind: "submitted"; messageId: string; verdict?: "follows" }
  /** The agent took the message, as the transport's own evidence shows. */
  | { kind: "taken"; messageId: string; by: SignalSource; turnId?: string }
  /** The agent did not take the message: no turn is expected any more. */
  | { kind: "not_taken"; messageId: string }
  /** What watch mode saw or did. */
  | { kind: "watched"; report: WatchReport }
  /** Time has passed: what is known is evaluated again. */
  | { kind: "tick" }
  | { kind: "exited" };

/** What watch mode reports: the agent stalls, gets `resume`, prints again. */
export type WatchReport =
  | { type: "log_idle"; idle_s: number }
  | { type: "resume"; attempt: number; max: number }
  | { type: "log_active" };

/** A signal with its source and time (milliseconds, wall clock). */
export interface Observation {
  signal: Signal;
  source: SignalSource;
  at: number;
}
