/**
 * What one signal adds to the state, before anything is weighed: evidence, the begin and the end of turns, counts.
 */

import { assertNever } from "../../model/never.ts";
import type { Signal } from "../../model/signal.ts";
import { addEvidence, addTurnEnd } from "./evidence.ts";
import { announce, endTurn, type Step } from "./step.ts";
import { expectedTurn, mayEnd, runningTurn } from "./turn.ts";

type SignalOf<Kind extends Signal["kind"]> = Extract<Signal, { kind: Kind }>;

/** Records what the signal says in the step, without judging it. */
export function learn(step: Step, signal: Signal): void {
  const { next, events, source, at } = step;
  switch (signal.kind) {
    case "ready":
    case "working":
    case "blocked":
    case "unclear":
      next.evidence = addEvidence(next.evidence, { level: signal, source, at });
      return;
    case "submitted":
      return learnSubmitted(step, signal);
    case "taken":
      return learnTaken(step, signal);
    case "not_taken":
      return learnNotTaken(step, signal);
    case "turn_started":
      return learnTurnStarted(step, signal);
    case "turn_ending":
      return learnTurnEnding(step, signal);
    case "turn_ended":
      return learnTurnEnded(step, signal);
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
    case "approval":
      return learnApproval(step, signal);
    case "disconnected":
      return learnDisconnected(step, signal);
    case "watched":
      return learnWatched(step, signal);
    case "exited":
      next.evidence = {};
      return;
    case "tick":
      return;
    default:
      assertNever(signal);
  }
}

/**
 * A message that joins a running turn (steered, or typed ahead) does not start another; an answer to a question starts
 * none.
 */
function learnSubmitted({ next, at }: Step, signal: SignalOf<"submitted">): void {
  if (next.agent !== "blocked") next.turn ??= expectedTurn(signal, at);
}

function learnTaken(step: Step, { messageId, by, turnId }: SignalOf<"taken">): void {
  const { next, at } = step;
  if (next.turn?.messageId !== messageId) return;
  next.turn = { ...next.turn, awaitsVerdict: false };
  // A report of the agent itself is the begin of the turn; what the screen shows may be no more than an emptied box.
  if (by !== "screen") next.turn = runningTurn(next.turn, { source: by, at, turnId });
  announce(step, next.turn);
}

function learnNotTaken({ next }: Step, { messageId }: SignalOf<"not_taken">): void {
  if (next.turn?.messageId !== messageId || next.turn.announced) return;
  // Where work was seen, a turn runs, even if another message started it.
  if (next.turn.expected) delete next.turn;
  else next.turn = { ...next.turn, awaitsVerdict: false };
}

function learnTurnStarted(step: Step, { turnId }: SignalOf<"turn_started">): void {
  const { next, source, at } = step;
  if (next.turn?.ending !== undefined) endTurn(step, next.turn.ending);
  next.turn = runningTurn(next.turn, { source, at, turnId });
}

function learnTurnEnding({ next, source, at }: Step, signal: SignalOf<"turn_ending">): void {
  const { kind: _kind, ...end } = signal;
  next.turn = { ...runningTurn(next.turn, { source, at }), ending: { ...end, source, at } };
}

function learnTurnEnded(step: Step, signal: SignalOf<"turn_ended">): void {
  const { next, source, at } = step;
  if (!mayEnd(next.turn, source)) return;
  next.evidence = addTurnEnd(next.evidence, { source, at });
  endTurn(step, { ...signal, source });
}

function learnApproval({ next, events, source, at }: Step, signal: SignalOf<"approval">): void {
  const { kind: _kind, approval, ...fields } = signal;
  if (source === "hook") next.hooks = { decidedAt: at };
  events.push({ type: "approval", kind: approval, ...fields });
}

function learnDisconnected({ next, events }: Step, signal: SignalOf<"disconnected">): void {
  const { kind: _kind, ...fields } = signal;
  next.disconnects += 1;
  events.push({ type: "disconnected", ...fields });
}

function learnWatched({ next, events }: Step, { report }: SignalOf<"watched">): void {
  if (report.type === "log_idle") next.stalls += 1;
  if (report.type === "resume") next.resumes += 1;
  events.push(report);
}
