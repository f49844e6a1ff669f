/**
 * Why harnex reports this state: the verdict with its source, what every source says, and where they disagree. Pure.
 */

import type { AgentState, BlockKind, SignalSource } from "../../model/signal.ts";
import type { Screen } from "../../transports/terminal/screen.ts";
import { type Evidence, rank } from "./evidence.ts";
import type { SessionState } from "./session_state.ts";

/** Rows of the screen that are shown as evidence, from the bottom up. */
const SHOWN_ROWS = 12;

export interface Explanation {
  agent_state: AgentState;
  input_state: string;
  since: string;
  source: SignalSource;
  turn: { message_id?: string; turn_id?: string; since: string; source: SignalSource; expected: boolean } | null;
  blocked: { on: BlockKind; detail: string; choices?: readonly string[] } | null;
  /** strongest first */
  evidence: readonly EvidenceRow[];
  /** the last rows of the screen that are not blank; empty for agents without one */
  screen: readonly string[];
}

export interface EvidenceRow {
  source: SignalSource;
  says: string;
  since: string;
  last: string;
  /** false where it contradicts the verdict */
  agrees: boolean;
}

/** `epochMs`: the wall clock at zero of the scale that observations are timed on. */
export function explain(
  state: SessionState,
  { screen, epochMs }: { screen: Screen | undefined; epochMs: number },
): Explanation {
  const iso = (at: number) => new Date(epochMs + at).toISOString();
  const { turn, block } = state;
  const known = Object.values(state.evidence).sort((one, other) => rank(one.source) - rank(other.source));
  return {
    agent_state: state.agent,
    input_state: state.input.state,
    since: iso(state.since),
    source: state.source,
    turn: turn === undefined ? null : {
      ...(turn.messageId === undefined ? {} : { message_id: turn.messageId }),
      ...(turn.turnId === undefined ? {} : { turn_id: turn.turnId }),
      since: iso(turn.startedAt),
      source: turn.source,
      expected: turn.expected,
    },
    blocked: block === undefined ? null : {
      on: block.on,
      detail: block.detail,
      ...(block.choices === undefined ? {} : { choices: block.choices }),
    },
    evidence: known.map((evidence) => row(evidence, state, iso)),
    screen: (screen?.text ?? []).filter((text) => text !== "").slice(-SHOWN_ROWS),
  };
}

function row(
  { source, level, since, lastAt }: Evidence,
  state: SessionState,
  iso: (at: number) => string,
): EvidenceRow {
  return {
    source,
    says: `${level.kind} (${level.label})`,
    since: iso(since),
    last: iso(lastAt),
    agrees: level.kind === "unclear" || STATE_OF[level.kind] === state.agent,
  };
}

const STATE_OF = { ready: "prompt", working: "busy", blocked: "blocked" } as const;
