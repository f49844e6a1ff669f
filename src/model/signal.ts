/**
 * What harnex learns about an agent: signals with their sources, and the states that follow from them.
 */

import type { Usage } from "./usage.ts";

/** What harnex says about an agent. `unknown` is never treated as ready. */
export type AgentState = "unknown" | "prompt" | "busy" | "blocked" | "exited";

/** Where a signal came from, strongest first. A weaker source never overrules a stronger one about the same turn. */
export const SIGNAL_SOURCES = ["process", "rpc", "hook", "file", "osc", "screen"] as const;
export type SignalSource = (typeof SIGNAL_SOURCES)[number];

/** What a blocked agent waits for. */
export type BlockKind = "trust" | "login" | "permission" | "question" | "choice";

export type TurnOutcome = "completed" | "interrupted" | "failed";

/** A typed fact about the agent. `label` is the public `input_state.state` that goes with it. */
export type Signal =
  /** Level: the agent sits at its prompt and would take a message. */
  | {
    kind: "ready";
    label: string;
    /** how the turn before this prompt ended, where the source can see that it was not completed */
    lastTurn?: { outcome: TurnOutcome; detail: string };
    /** since when, where the source says so itself */
    since?: number;
  }
  /** Level: a turn is visibly running. */
  | {
    kind: "working";
    label: string;
    /** the agent sits at its prompt, but something of the turn still runs, whose end wakes it */
    background?: true;
  }
  /** Level: the agent waits for a decision. */
  | {
    kind: "blocked";
    on: BlockKind;
    label: string;
    detail: string;
    choices?: readonly string[];
    /** tells this question from the next one, where the agent's protocol does */
    questionId?: string;
  }
  /** Level: this source cannot tell any more; what it said before no longer counts. */
  | { kind: "unclear"; label: string }
  /** Edge: the agent took a message and began a turn. */
  | { kind: "turn_started"; turnId?: string }
  /** Edge: the agent said how its turn ends; it ends when the agent is back at its prompt, or begins the next one. */
  | { kind: "turn_ending"; outcome: TurnOutcome; detail?: string; lastMessage?: string }
  /** Edge: the turn is over. */
  | { kind: "turn_ended"; turnId?: string; outcome: TurnOutcome; detail?: string; lastMessage?: string; usage?: Usage }
  | { kind: "item_completed"; item: unknown }
  /** Edge: the conversation is cleared by hand; the work that this takes is no turn. */
  | { kind: "cleared" }
  | { kind: "compaction"; fields: Readonly<Record<string, unknown>> }
  | { kind: "approval"; approval: string; command?: string; path?: string; decision: string; by: string }
  | { kind: "usage"; usage: Usage }
  | { kind: "resumable"; agentSessionId: string }
  /**
   * What the agent says about itself (model, effort, rate limits …), for the status payload; later values replace
   * earlier ones.
   */
  | { kind: "facts"; facts: Readonly<Record<string, unknown>> }
  /** The connection to the agent is broken, or it reported an error that it will not recover from. */
  | { kind: "disconnected"; source: "transport" | "error_notification"; message?: string }
  /**
   * harnex itself pressed Enter (or sent the request) for this message: a turn is expected. `taken` or `not_taken` may
   * follow.
   */
  | { kind: "submitted"; messageId: string; verdict?: "follows" }
  /** The agent took the message, by the transport's own evidence. */
  | { kind: "taken"; messageId: string; by: SignalSource; turnId?: string }
  /** The submission was not taken: the expected turn is withdrawn. */
  | { kind: "not_taken"; messageId: string }
  /** What a babysitter saw or did. */
  | { kind: "watched"; report: WatchReport }
  /** Time passed: weigh again what is known. */
  | { kind: "tick" }
  | { kind: "exited" };

/** What watch mode reports: the agent stalls, was told to resume, prints again. */
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
