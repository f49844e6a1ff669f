/**
 * The only place that knows prompt, busy and blocked: `advance(state, observation)` weighs what each source says
 * and returns the next state with the public events. Pure: time comes in with the observation.
 */

import type { EventBody } from "../../model/events.ts";
import { assertNever } from "../../model/never.ts";
import type { AgentState, Observation, Signal, SignalSource } from "../../model/signal.ts";
import type { ScreenPolicy } from "../../transports/agent_process.ts";
import { addEvidence, addTurnEnd, type Evidence, rank, restartWork, strongest } from "./evidence.ts";
import { openQuestion } from "./question.ts";
import { shownEnd, whenReadyCounts } from "./ready.ts";
import type { Block, SessionState } from "./session_state.ts";
import { endEvent, expectedTurn, mayEnd, runningTurn, startEvent, type Turn, type TurnEnd, untoldEnd } from "./turn.ts";

/** How long the prompt may take to show after the agent said that its turn ends: its other hooks run then. */
const ENDING_MS = 2_000;
/** Shorter work that no message and no hook explains is no turn: `/clear` makes Claude Code 2.1.197 busy for 90 ms. */
const UNEXPLAINED_WORK_MS = 500;
/** Work that begins within this time of a clearing by hand is the clearing: on a busy machine it lasts for longer. */
const CLEARING_MS = 1_000;

export interface Advance {
  state: SessionState;
  events: readonly EventBody[];
}

/**
 * Takes one observation into account. A turn is open from submission until a source at least as strong as the one
 * that opened it says that it ended; `busy` holds all that time, whatever a weaker source shows.
 */
export function advance(state: SessionState, observation: Observation, policy: ScreenPolicy): Advance {
  if (state.agent === "exited") return { state, events: [] };
  const step = createStep(state, observation);
  learn(step, observation.signal);
  if (observation.signal.kind === "exited") {
    settle(step, { agent: "exited", source: "process", label: "exited" });
  } else weigh(step, policy);
  return { state: step.next, events: step.events };
}

/** One call of `advance` while it is worked out. */
interface Step {
  before: SessionState;
  next: SessionState;
  events: EventBody[];
  source: SignalSource;
  at: number;
}

function createStep(before: SessionState, { source, at }: Observation): Step {
  const next = { ...before, ...(source === "hook" ? { hooks: before.hooks ?? {} } : {}) };
  delete next.recheckAt;
  return { before, next, events: [], source, at };
}

/** Notes what the signal says, without judging. */
function learn(step: Step, signal: Signal): void {
  const { next, events, source, at } = step;
  switch (signal.kind) {
    case "ready":
    case "working":
    case "blocked":
    case "unclear":
      next.evidence = addEvidence(next.evidence, { level: signal, source, at });
      return;
    case "submitted":
      // A message that joins a running turn (steered, or typed ahead) does not start another; an answer to a question
      // starts none.
      if (next.agent !== "blocked") next.turn ??= expectedTurn(signal, at);
      return;
    case "taken":
      if (next.turn?.messageId !== signal.messageId) return;
      next.turn = { ...next.turn, awaitsVerdict: false };
      // What the agent itself told is the begin of the turn; what the screen shows may be no more than an emptied box.
      if (signal.by !== "screen") next.turn = runningTurn(next.turn, { source: signal.by, at, turnId: signal.turnId });
      announce(step, next.turn);
      return;
    case "not_taken":
      if (next.turn?.messageId !== signal.messageId || next.turn.announced) return;
      // Where work was seen, a turn runs, whosever it is.
      if (next.turn.expected) delete next.turn;
      else next.turn = { ...next.turn, awaitsVerdict: false };
      return;
    case "turn_started":
      if (next.turn?.ending !== undefined) endTurn(step, next.turn.ending);
      next.turn = runningTurn(next.turn, { source, at, turnId: signal.turnId });
      return;
    case "turn_ending": {
      const { kind: _kind, ...end } = signal;
      next.turn = { ...runningTurn(next.turn, { source, at }), ending: { ...end, source, at } };
      return;
    }
    case "turn_ended":
      if (!mayEnd(next.turn, source)) return;
      next.evidence = addTurnEnd(next.evidence, { source, at });
      endTurn(step, { ...signal, source });
      return;
    case "usage":
      next.usage = signal.usage;
      return;
    case "resumable":
      next.agentSessionId = signal.agentSessionId;
      return;
    case "facts":
      next.facts = { ...next.facts, ...signal.facts };
      return;
    case "item_completed":
      events.push({ type: "item_completed", item: signal.item });
      return;
    case "cleared":
      next.clearedAt = at;
      return;
    case "compaction":
      next.compactions += 1;
      events.push({ ...signal.fields, type: "compaction" });
      return;
    case "approval": {
      const { kind: _kind, approval, ...fields } = signal;
      if (source === "hook") next.hooks = { decidedAt: at };
      events.push({ type: "approval", kind: approval, ...fields });
      return;
    }
    case "disconnected": {
      const { kind: _kind, ...fields } = signal;
      next.disconnects += 1;
      events.push({ type: "disconnected", ...fields });
      return;
    }
    case "watched":
      if (signal.report.type === "log_idle") next.stalls += 1;
      if (signal.report.type === "resume") next.resumes += 1;
      events.push(signal.report);
      return;
    case "exited":
      next.evidence = {};
      return;
    case "tick":
      return;
    default:
      assertNever(signal);
  }
}

/** Draws the verdict from the standing evidence. */
function weigh(step: Step, policy: ScreenPolicy): void {
  const { before, next, at } = step;
  const evidence = strongest(next.evidence);
  const level = evidence?.level;
  const source = evidence?.source ?? "process";
  if (evidence !== undefined && level?.kind === "working") weighWork(step, evidence);
  if (next.turn?.expected === false && !next.turn.awaitsVerdict) announce(step, next.turn);
  if (evidence !== undefined && level?.kind === "ready") weighReady(step, evidence, policy);
  else if (next.turn?.ending !== undefined && level?.kind !== "working") weighSilence(step, next.turn.ending);

  if (evidence !== undefined && level?.kind === "blocked") {
    const said = { ...evidence, level };
    const asked = openQuestion({ said, shown: next.evidence.screen, before, hooks: next.hooks }, at);
    if (asked.kind === "open") return settle(step, { agent: "blocked", source, ...asked });
    next.recheckAt = asked.recheckAt;
  }
  if (next.turn !== undefined) {
    return settle(step, {
      agent: "busy",
      source: next.turn.expected ? "process" : next.turn.source,
      label: level?.kind === "working" ? level.label : "session",
    });
  }
  if (level?.kind === "working") return settle(step, { agent: "busy", source, label: level.label });
  if (level?.kind === "ready" && next.recheckAt === undefined) {
    return settle(step, { agent: "prompt", source, label: level.label });
  }
  // Not (yet) known. A prompt that is only being redrawn stays what it was until the new verdict has settled.
  const clearBy = (evidence?.since ?? at) + policy.readySettleMs;
  if (level?.kind === "unclear" && before.agent === "prompt" && at < clearBy) next.recheckAt = clearBy;
  if (next.recheckAt !== undefined && before.agent !== "busy" && before.agent !== "blocked") {
    return settle(step, { agent: before.agent, source: before.source, label: before.input.state });
  }
  settle(step, { agent: "unknown", source, label: level?.kind === "unclear" ? level.label : "unknown" });
}

/** Work is a turn, at once or, when nothing else speaks of one, when it lasts. */
function weighWork({ next, at }: Step, { source, since, level }: Evidence): void {
  if (next.turn === undefined && since < (next.clearedAt ?? -Infinity) + CLEARING_MS) return;
  const isTurnAt = next.turn !== undefined || rank(source) < rank("file") ? at : since + UNEXPLAINED_WORK_MS;
  if (at >= isTurnAt) next.turn = runningTurn(next.turn, { source, at, level });
  else next.recheckAt = isTurnAt;
}

/** Ends the turn when `ready` may be believed, or says when to look again. */
function weighReady(step: Step, evidence: Evidence, policy: ScreenPolicy): void {
  const { next, next: { evidence: { screen } }, at } = step;
  const readyAt = whenReadyCounts(evidence, { turn: next.turn, screen }, policy);
  if (readyAt === Infinity) return;
  if (at < readyAt) {
    next.recheckAt = readyAt;
  } else if (next.turn !== undefined && (next.turn.ending !== undefined || mayEnd(next.turn, evidence.source))) {
    const untold = untoldEnd(next.turn, { evidence, hooked: next.hooks !== undefined });
    const end = { ...untold, ...shownEnd(screen, next.turn), source: evidence.source };
    endTurn(step, next.turn.ending ?? end);
  }
}

/** The agent said that its turn ends, but nothing shows a prompt: time decides. */
function weighSilence(step: Step, ending: TurnEnd & { at: number }): void {
  if (step.at >= ending.at + ENDING_MS) endTurn(step, ending);
  else step.next.recheckAt = ending.at + ENDING_MS;
}

/** Tells that the turn began, once. */
function announce(step: Step, turn: Turn): void {
  if (turn.announced) return;
  step.events.push(startEvent(turn));
  step.next.turn = { ...turn, announced: true };
}

function endTurn(step: Step, end: TurnEnd): void {
  const { next, events, at } = step;
  if (next.turn !== undefined) announce(step, next.turn);
  events.push(endEvent(next.turn, end));
  delete next.turn;
  next.evidence = restartWork(next.evidence, at);
  next.lastOutcome = end.outcome;
  if (end.outcome === "completed") next.lastCompletedAt = at;
}

interface Verdict {
  agent: AgentState;
  source: SignalSource;
  label: string;
  block?: Block;
}

/** Puts the verdict into the state and tells every change of it, and every new question, once. */
function settle({ before, next, events, at }: Step, { agent, source, label, block }: Verdict): void {
  next.agent = agent;
  const ready = agent === "prompt" ? true : agent === "blocked" || agent === "exited" ? false : null;
  next.input = { state: label, input_ready: ready };
  if (before.agent !== agent) {
    next.since = at;
    next.source = source;
    events.push({ type: "state", from: before.agent, to: agent, source });
  }
  delete next.block;
  if (block === undefined) return;
  next.block = block;
  const { questionId, ...told } = block;
  const same = before.block?.on === block.on && before.block.detail === block.detail &&
    before.block.questionId === questionId;
  if (!same) events.push({ type: "blocked", ...told });
}
