/**
 * The only place that decides between prompt, busy and blocked: `advance(state, observation)` weighs what each source
 * says and returns the next state with the public events. Pure: time comes in with the observation.
 */

import type { EventBody } from "../../model/events.ts";
import type { AgentState, Observation, SignalSource } from "../../model/signal.ts";
import type { TurnPolicy } from "../../transports/agent_process.ts";
import { type Evidence, rank, strongest } from "./evidence.ts";
import { learn } from "./learn.ts";
import { openQuestion } from "./question.ts";
import { shownEnd, whenReadyCounts } from "./ready.ts";
import type { Block, SessionState } from "./session_state.ts";
import { announce, createStep, endTurn, type Step } from "./step.ts";
import { mayEnd, runningTurn, type TurnEnd, unreportedEnd } from "./turn.ts";

export interface Advance {
  state: SessionState;
  events: readonly EventBody[];
}

/**
 * Takes one observation into account. A turn is open from submission until a source at least as strong as the one
 * that opened it says that it ended; `busy` holds all that time, whatever a weaker source shows.
 */
export function advance(state: SessionState, observation: Observation, policy: TurnPolicy): Advance {
  if (state.agent === "exited") return { state, events: [] };
  const step = createStep(state, observation, policy);
  learn(step, observation.signal);
  if (observation.signal.kind === "exited") {
    settle(step, { agent: "exited", source: "process", label: "exited" });
  } else weigh(step);
  return { state: step.next, events: step.events };
}

/** Draws the verdict from the standing evidence. */
function weigh(step: Step): void {
  const { before, next, policy, at } = step;
  const evidence = strongest(next.evidence);
  const level = evidence?.level;
  const source = evidence?.source ?? "process";
  if (evidence !== undefined && level?.kind === "working") weighWork(step, evidence);
  if (next.turn?.expected === false && !next.turn.awaitsVerdict) announce(step, next.turn);
  if (evidence !== undefined && level?.kind === "ready") weighReady(step, evidence);
  else if (next.turn?.ending !== undefined && level?.kind !== "working") weighSilence(step, next.turn.ending);

  if (evidence !== undefined && level?.kind === "blocked") {
    const said = { ...evidence, level };
    const asked = openQuestion({ said, shown: next.evidence.screen, before, hooks: next.hooks }, {
      at,
      reports: policy.reports,
    });
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
function weighWork({ next, policy, at }: Step, { source, since, level }: Evidence): void {
  if (next.turn === undefined && since < (next.clearedAt ?? -Infinity) + policy.reports.clearingMs) return;
  const isTurnAt = next.turn !== undefined || rank(source) < rank("file") ? at : since + policy.unexplainedWorkMs;
  if (at >= isTurnAt) next.turn = runningTurn(next.turn, { source, at, level });
  else next.recheckAt = isTurnAt;
}

/** Ends the turn when `ready` may be believed, or says when to look again. */
function weighReady(step: Step, evidence: Evidence): void {
  const { next, next: { evidence: { screen } }, policy, at } = step;
  const readyAt = whenReadyCounts(evidence, { turn: next.turn, screen }, policy);
  if (readyAt === Infinity) return;
  if (at < readyAt) {
    next.recheckAt = readyAt;
  } else if (next.turn !== undefined && (next.turn.ending !== undefined || mayEnd(next.turn, evidence.source))) {
    const unreported = unreportedEnd(next.turn, { evidence, hooked: next.hooks !== undefined });
    const end = { ...unreported, ...shownEnd(screen, next.turn), source: evidence.source };
    endTurn(step, next.turn.ending ?? end);
  }
}

/** The agent said that its turn ends, but nothing shows a prompt: time decides. */
function weighSilence(step: Step, ending: TurnEnd & { at: number }): void {
  const endsAt = ending.at + step.policy.reports.endingMs;
  if (step.at >= endsAt) endTurn(step, ending);
  else step.next.recheckAt = endsAt;
}

interface Verdict {
  agent: AgentState;
  source: SignalSource;
  label: string;
  block?: Block;
}

/** Puts the verdict into the state, and emits every change of it and every new question once. */
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
  const { questionId, ...shown } = block;
  const same = before.block?.on === block.on && before.block.detail === block.detail &&
    before.block.questionId === questionId;
  if (!same) events.push({ type: "blocked", ...shown });
}
