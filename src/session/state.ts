/**
 * The only place that knows prompt, busy and blocked: `advance(state, observation)` weighs what each source says
 * and returns the next state with the public events. Pure: time comes in with the observation.
 */

import type { EventBody, TurnEndFields } from "../model/events.ts";
import {
  type AgentState,
  assertNever,
  type BlockKind,
  type InputState,
  type Observation,
  type Signal,
  SIGNAL_SOURCES,
  type SignalSource,
  UNKNOWN_USAGE,
  type Usage,
  usageFields,
} from "../model/session.ts";
import type { ScreenPolicy } from "../transports/agent_process.ts";

/** Signals that hold until the same source says otherwise. */
type Level = Extract<Signal, { kind: "ready" | "working" | "blocked" | "unclear" }>;

/** What one source says now. */
interface Evidence {
  level: Level;
  /** since when it has been saying so without a break */
  since: number;
  /** when it said so last */
  lastAt: number;
}

/** The running turn. It is `expected` from submission until a source has shown that work began. */
export interface Turn {
  turnId?: string;
  messageId?: string;
  startedAt: number;
  expected: boolean;
  /** strongest source that has spoken about this turn */
  source: SignalSource;
  announced: boolean;
  /** `taken` or `not_taken` is still to come; the turn is announced after that, so that `send` comes first */
  awaitsVerdict?: true;
}

export interface Block {
  on: BlockKind;
  detail: string;
  choices?: readonly string[];
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
  evidence: Readonly<Partial<Record<SignalSource, Evidence>>>;
  usage: Usage;
  agentSessionId?: string;
  lastCompletedAt?: number;
  lastOutcome?: "completed" | "interrupted" | "failed";
  lastMessage?: string;
  disconnects: number;
  compactions: number;
  /** when to call `advance` with a tick, because time alone would change the verdict */
  recheckAt?: number;
}

export interface Advance {
  state: SessionState;
  events: readonly EventBody[];
}

export function initialState(at: number): SessionState {
  return {
    agent: "unknown",
    since: at,
    source: "process",
    input: { state: "unknown", input_ready: false },
    evidence: {},
    usage: UNKNOWN_USAGE,
    disconnects: 0,
    compactions: 0,
  };
}

/**
 * Takes one observation into account. A turn is open from submission until a source at least as strong as the one
 * that opened it says that it ended; `busy` holds all that time, whatever a weaker source shows.
 */
export function advance(state: SessionState, observation: Observation, policy: ScreenPolicy): Advance {
  if (state.agent === "exited") return { state, events: [] };
  const { signal, source, at } = observation;
  const events: EventBody[] = [];
  let next: SessionState = { ...state };
  delete next.recheckAt;
  switch (signal.kind) {
    case "ready":
    case "working":
    case "blocked":
    case "unclear":
      next = { ...next, evidence: { ...state.evidence, [source]: evidenceFrom(signal, state.evidence[source], at) } };
      break;
    case "submitted":
      // A message that joins a running turn (steered, or typed ahead) does not start another; an answer to a question
      // starts none.
      if (next.turn === undefined && next.agent !== "blocked") {
        next = {
          ...next,
          turn: {
            messageId: signal.messageId,
            startedAt: at,
            expected: true,
            source: "screen",
            announced: false,
            ...(signal.verdict === "follows" ? { awaitsVerdict: true } : {}),
          },
        };
      }
      break;
    case "taken":
      if (next.turn?.messageId === signal.messageId) {
        next = { ...next, turn: announce(withVerdict(next.turn), events) };
      }
      break;
    case "not_taken":
      if (next.turn?.announced === false && next.turn.messageId === signal.messageId) {
        // Where work was seen, a turn runs, whosever it is.
        next = next.turn.expected ? withoutTurn(next) : { ...next, turn: withVerdict(next.turn) };
      }
      break;
    case "turn_started":
      next = { ...next, turn: startedTurn(next.turn, { source, at, turnId: signal.turnId }) };
      break;
    case "turn_ended":
      if (next.turn === undefined || rank(source) <= rank(next.turn.source)) {
        if (next.turn !== undefined) announce(next.turn, events);
        next = endTurn(next, { ...signal, source, at }, events);
      }
      break;
    case "usage":
      next = { ...next, usage: signal.usage };
      break;
    case "resumable":
      next = { ...next, agentSessionId: signal.agentSessionId };
      break;
    case "item_completed":
      events.push({ type: "item_completed", item: signal.item });
      break;
    case "compaction":
      next = { ...next, compactions: next.compactions + 1 };
      events.push({ ...signal.fields, type: "compaction" });
      break;
    case "approval": {
      const { kind: _, approval, ...fields } = signal;
      events.push({ type: "approval", kind: approval, ...fields });
      break;
    }
    case "disconnected":
      next = { ...next, disconnects: next.disconnects + 1 };
      events.push({
        type: "disconnected",
        source: signal.source,
        ...(signal.message === undefined ? {} : { message: signal.message }),
      });
      break;
    case "tick":
      break;
    case "exited":
      return settle(
        { ...next, evidence: {} },
        { agent: "exited", source: "process", label: "exited", at },
        events,
        state,
      );
    default:
      return assertNever(signal);
  }
  return weigh(next, at, policy, events, state);
}

/** Draws the verdict from the standing evidence. */
function weigh(
  state: SessionState,
  at: number,
  policy: ScreenPolicy,
  events: EventBody[],
  before: SessionState,
): Advance {
  let next = state;
  const [source, evidence] = strongest(next) ?? [];
  const level = evidence?.level;
  if (source !== undefined && level?.kind === "working") {
    next = { ...next, turn: startedTurn(next.turn, { source, at }) };
  }
  if (next.turn?.expected === false && next.turn.awaitsVerdict === undefined) {
    next = { ...next, turn: announce(next.turn, events) };
  }
  if (source !== undefined && evidence !== undefined && level?.kind === "ready") {
    const readyAt = whenReadyCounts(next.turn, source, evidence, policy);
    if (readyAt === Infinity) {
      // only new output can change that
    } else if (at < readyAt) {
      next = { ...next, recheckAt: readyAt };
    } else if (next.turn !== undefined && rank(source) <= rank(next.turn.source)) {
      announce(next.turn, events);
      next = endTurn(next, { outcome: "completed", source, at }, events);
    }
  }
  if (level?.kind === "blocked" && source !== undefined) {
    return settle(
      next,
      { agent: "blocked", source, label: level.label, at, block: { ...level, source } },
      events,
      before,
    );
  }
  if (next.turn !== undefined) {
    return settle(
      next,
      { agent: "busy", source: next.turn.source, label: labelOf(level, "session"), at },
      events,
      before,
    );
  }
  if (level?.kind === "ready" && source !== undefined && next.recheckAt === undefined) {
    return settle(next, { agent: "prompt", source, label: level.label, at }, events, before);
  }
  // Not (yet) known. A prompt that is only being redrawn stays what it was until the new verdict has settled.
  if (
    level?.kind === "unclear" && evidence !== undefined && before.agent === "prompt" &&
    at < evidence.since + policy.readySettleMs
  ) {
    next = { ...next, recheckAt: evidence.since + policy.readySettleMs };
  }
  if (next.recheckAt !== undefined && before.agent !== "busy" && before.agent !== "blocked") {
    return settle(next, { agent: before.agent, source: before.source, label: before.input.state, at }, events, before);
  }
  return settle(
    next,
    { agent: "unknown", source: source ?? "process", label: level?.kind === "unclear" ? level.label : "unknown", at },
    events,
    before,
  );
}

function labelOf(level: Level | undefined, fallback: string): string {
  return level === undefined || level.kind === "ready" || level.kind === "unclear" ? fallback : level.label;
}

/** The level of the strongest source that has one and can tell. */
function strongest(state: SessionState): [SignalSource, Evidence] | undefined {
  for (const source of SIGNAL_SOURCES) {
    const evidence = state.evidence[source];
    if (evidence !== undefined && evidence.level.kind !== "unclear") return [source, evidence];
  }
  const screen = state.evidence.screen;
  return screen === undefined ? undefined : ["screen", screen];
}

/** From when on `ready` may be believed. Structured sources are believed at once; the screen has to hold still. */
function whenReadyCounts(
  turn: Turn | undefined,
  source: SignalSource,
  evidence: Evidence,
  policy: ScreenPolicy,
): number {
  if (source !== "screen") return evidence.since;
  const steadySince = policy.settleBy === "output" ? evidence.lastAt : evidence.since;
  const settled = steadySince + policy.readySettleMs;
  if (turn?.expected !== true) return settled;
  // What was on the screen when Enter was pressed says nothing about the message that followed.
  if (policy.settleBy === "output" && evidence.lastAt < turn.startedAt) return Infinity;
  return Math.max(settled, Math.max(turn.startedAt, evidence.since) + policy.unseenWorkMs);
}

function evidenceFrom(level: Level, previous: Evidence | undefined, at: number): Evidence {
  return { level, since: previous?.level.kind === level.kind ? previous.since : at, lastAt: at };
}

function rank(source: SignalSource): number {
  return SIGNAL_SOURCES.indexOf(source);
}

function startedTurn(
  turn: Turn | undefined,
  by: { source: SignalSource; at: number; turnId?: string | undefined },
): Turn {
  const turnId = by.turnId ?? turn?.turnId;
  const source = turn === undefined || rank(by.source) < rank(turn.source) ? by.source : turn.source;
  return {
    ...(turn ?? { startedAt: by.at, announced: false }),
    expected: false,
    source,
    ...(turnId === undefined ? {} : { turnId }),
  };
}

function withVerdict(turn: Turn): Turn {
  const next = { ...turn };
  delete next.awaitsVerdict;
  return next;
}

/** Tells that the turn began, once. */
function announce(turn: Turn, events: EventBody[]): Turn {
  if (turn.announced) return turn;
  events.push({
    type: "turn_started",
    ...(turn.turnId === undefined ? {} : { turnId: turn.turnId }),
    source: turn.source,
    ...(turn.messageId === undefined ? {} : { message_id: turn.messageId }),
  });
  return { ...turn, announced: true };
}

interface TurnEnd {
  outcome: "completed" | "interrupted" | "failed";
  source: SignalSource;
  at: number;
  turnId?: string;
  detail?: string;
  lastMessage?: string;
  usage?: Usage;
}

function endTurn(state: SessionState, end: TurnEnd, events: EventBody[]): SessionState {
  const turnId = end.turnId ?? state.turn?.turnId;
  const fields: TurnEndFields = {
    ...(turnId === undefined ? {} : { turnId }),
    status: end.outcome,
    source: end.source,
    ...(end.usage === undefined ? {} : { tokenUsage: usageFields(end.usage) }),
    ...(end.lastMessage === undefined ? {} : { last_message: end.lastMessage }),
    ...(state.turn?.messageId === undefined ? {} : { message_id: state.turn.messageId }),
  };
  events.push(
    end.outcome === "completed"
      ? { type: "task_complete", ...fields }
      : { type: "task_failed", ...fields, error: end.detail ?? `turn ${end.outcome}` },
  );
  return {
    ...withoutTurn(state),
    lastOutcome: end.outcome,
    ...(end.lastMessage === undefined ? {} : { lastMessage: end.lastMessage }),
    ...(end.outcome === "completed" ? { lastCompletedAt: end.at } : {}),
  };
}

function withoutTurn(state: SessionState): SessionState {
  const next = { ...state };
  delete next.turn;
  return next;
}

interface Verdict {
  agent: AgentState;
  source: SignalSource;
  label: string;
  at: number;
  block?: { on: BlockKind; detail: string; choices?: readonly string[]; source: SignalSource };
}

/** Puts the verdict into the state and tells every change of it, and every new question, once. */
function settle(state: SessionState, verdict: Verdict, events: EventBody[], before: SessionState): Advance {
  const changed = before.agent !== verdict.agent;
  const next: SessionState = {
    ...state,
    agent: verdict.agent,
    input: { state: verdict.label, input_ready: verdict.agent === "prompt" },
    since: changed ? verdict.at : before.since,
    source: changed ? verdict.source : before.source,
  };
  delete next.block;
  if (changed) events.push({ type: "state", from: before.agent, to: verdict.agent, source: verdict.source });
  if (verdict.block !== undefined) {
    const { on, detail, choices, source } = verdict.block;
    const block: Block = { on, detail, source, ...(choices === undefined ? {} : { choices }) };
    if (before.block?.on !== on || before.block.detail !== detail) events.push({ type: "blocked", ...block });
    next.block = block;
  }
  return { state: next, events };
}
