/** Which source may say what about a turn: what came before it, what is weaker, what is about another message. */

import type { EventBody } from "../../src/model/events.ts";
import type { Signal, SignalSource } from "../../src/model/signal.ts";
import { initialState, type SessionState } from "../../src/host/turn/session_state.ts";
import { advance } from "../../src/host/turn/state.ts";
import type { TurnPolicy } from "../../src/transports/agent_process.ts";
import { deepEqual, equal } from "../support/assert.ts";

const QUESTION_SHOWS_MS = 1_000;
/** An agent that speaks a protocol, and has a screen besides. */
const POLICY: TurnPolicy = {
  readySettleMs: 0,
  settleBy: "verdict",
  unseenWorkMs: 0,
  unexplainedWorkMs: 0,
  reports: {
    fileSettleMs: 0,
    screenBehindMs: 0,
    wakeMs: 0,
    endingMs: 0,
    unreportedEndMs: 0,
    clearingMs: 0,
    questionShowsMs: QUESTION_SHOWS_MS,
    decisionMs: 0,
    answeredMs: 0,
  },
};

const READY: Signal = { kind: "ready", label: "prompt" };
const WORKING: Signal = { kind: "working", label: "session" };
const STARTED: Signal = { kind: "turn_started", turnId: "t1" };
const ENDED: Signal = { kind: "turn_ended", turnId: "t1", outcome: "completed" };
const ASKED: Signal = { kind: "blocked", on: "permission", label: "permission", detail: "may it?" };
const submitted = (messageId: string): Signal => ({ kind: "submitted", messageId, verdict: "follows" });
const taken = (messageId: string): Signal => ({ kind: "taken", messageId, by: "screen" });

type Step = readonly [at: number, source: SignalSource, signal: Signal];

function play(...steps: readonly Step[]): { state: SessionState; events: EventBody["type"][] } {
  let state = initialState(0);
  const events: EventBody["type"][] = [];
  for (const [at, source, signal] of steps) {
    const next = advance(state, { at, source, signal }, POLICY);
    state = next.state;
    events.push(...next.events.map(({ type }) => type).filter((type) => type !== "state"));
  }
  return { state, events };
}

const tick = (at: number): Step => [at, "process", { kind: "tick" }];

Deno.test("a weaker source ends no turn that a stronger one began, neither by a report nor by a prompt", () => {
  const began: readonly Step[] = [[0, "rpc", STARTED]];
  equal(play(...began, [10, "file", ENDED]).state.agent, "busy");
  equal(play(...began, [10, "screen", READY], tick(60_000)).state.agent, "busy");
  const { state, events } = play(...began, [10, "rpc", ENDED], [11, "rpc", READY]);
  deepEqual([state.agent, events], ["prompt", ["turn_started", "task_complete"]]);
});

Deno.test("a source that reports a turn's end no longer means the work that it reported before", () => {
  const { state, events } = play([0, "rpc", STARTED], [5, "rpc", WORKING], [10, "rpc", ENDED], tick(20));
  deepEqual([state.agent, state.turn, events], ["prompt", undefined, ["turn_started", "task_complete"]]);
});

Deno.test("a prompt that a source reported before a message does not end that message's turn", () => {
  const before: readonly Step[] = [[0, "rpc", READY], [10, "process", submitted("m1")], [11, "process", taken("m1")]];
  equal(play(...before, tick(60_000)).state.agent, "busy");
  const { state, events } = play(...before, [20, "rpc", STARTED], [30, "rpc", ENDED], [31, "rpc", READY]);
  deepEqual([state.agent, events], ["prompt", ["turn_started", "task_complete"]]);
});

Deno.test("a message that joins a turn does not announce the turn of the message before it", () => {
  const joined: readonly Step[] = [[0, "process", submitted("m1")], [5, "process", submitted("m2")]];
  const { state, events } = play(...joined, [6, "process", taken("m2")], [7, "screen", WORKING]);
  deepEqual([state.turn?.messageId, events], ["m1", []]);
  deepEqual(play(...joined, [6, "process", taken("m2")], [7, "process", taken("m1")]).events, ["turn_started"]);
});

Deno.test("an answer to a question that was taken starts no turn", () => {
  const { state, events } = play([0, "screen", ASKED], [5, "process", submitted("m1")], [6, "process", taken("m1")]);
  deepEqual([state.agent, state.turn, events], ["blocked", undefined, ["blocked"]]);
});

Deno.test("a question of the agent's file is told when the screen shows it, or had its time to", () => {
  const asked: Step = [10, "file", ASKED];
  equal(play(asked, tick(10 + QUESTION_SHOWS_MS - 1)).state.agent, "unknown");
  const late = play(asked, tick(10 + QUESTION_SHOWS_MS));
  deepEqual([late.state.agent, late.events], ["blocked", ["blocked"]]);
  equal(play(asked, [20, "screen", ASKED]).state.agent, "blocked");
});
