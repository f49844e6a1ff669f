/**
 * What harnex knows of a session at one moment. Only `advance` in `state.ts` makes one from another.
 */

import type { InputState } from "../../model/session.ts";
import type { AgentState, BlockKind, SignalSource, TurnOutcome } from "../../model/signal.ts";
import { UNKNOWN_USAGE, type Usage } from "../../model/usage.ts";
import type { EvidenceTable } from "./evidence.ts";
import type { Turn } from "./turn.ts";

/** The question that a blocked agent asks. */
export interface Block {
  on: BlockKind;
  detail: string;
  choices?: readonly string[];
  questionId?: string;
  source: SignalSource;
}

export interface SessionState {
  agent: AgentState;
  since: number;
  /** the source that decided `agent` */
  source: SignalSource;
  input: InputState;
  turn?: Turn;
  block?: Block;
  evidence: EvidenceTable;
  usage: Usage;
  agentSessionId?: string;
  lastCompletedAt?: number;
  lastOutcome?: TurnOutcome;
  /** what the agent reports about itself, such as its model */
  facts: Readonly<Record<string, unknown>>;
  disconnects: number;
  compactions: number;
  /** stalls that watch mode reported, and how often it told the agent to resume */
  stalls: number;
  resumes: number;
  /** absent until a hook has spoken; `decidedAt`: when one last answered a permission question by policy */
  hooks?: { decidedAt?: number };
  /** when a person last cleared the conversation */
  clearedAt?: number;
  /** when to call `advance` with a tick, because time alone would change the verdict */
  recheckAt?: number;
}

export function initialState(at: number): SessionState {
  return {
    agent: "unknown",
    since: at,
    source: "process",
    input: { state: "unknown", input_ready: null },
    evidence: {},
    usage: UNKNOWN_USAGE,
    facts: {},
    disconnects: 0,
    compactions: 0,
    stalls: 0,
    resumes: 0,
  };
}
