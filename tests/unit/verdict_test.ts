/** The verdict on an ended session: every rule of it, one row each. */

import { type Ending, judge } from "../../src/host/report/verdict.ts";
import { initialState, type SessionState } from "../../src/host/turn/session_state.ts";
import type { ExitReason } from "../../src/model/session.ts";
import type { TurnOutcome } from "../../src/model/signal.ts";
import { deepEqual } from "../support/assert.ts";

const RUNNING: Partial<SessionState> = {
  agent: "busy",
  turn: { startedAt: 1, source: "rpc", expected: false, begunAt: 1, announced: true, awaitsVerdict: false },
};

const after = (lastOutcome: TurnOutcome): Partial<SessionState> => ({ agent: "prompt", lastOutcome });

interface Case {
  rule: string;
  ending: Partial<Omit<Ending, "state">> & { state?: Partial<SessionState> };
  boot?: "boot failed";
  reason: ExitReason;
}

/** What an ending does not name is a clean exit by itself, before any turn. */
const CASES: readonly Case[] = [
  { rule: "exit 0, nothing asked for and nothing begun", ending: {}, reason: "success" },
  { rule: "exit 0 after a completed turn", ending: { turns: 1, state: after("completed") }, reason: "success" },
  {
    rule: "a stop while no turn ran, after a completed turn",
    ending: { turns: 1, stop: "asked_when_idle", state: after("completed") },
    reason: "success",
  },
  { rule: "a stop before any turn", ending: { stop: "asked_when_idle" }, reason: "success" },
  {
    rule: "a stop while no turn ran, however the agent left",
    ending: { turns: 1, stop: "asked_when_idle", exit: { code: 137, signal: 9 }, state: after("completed") },
    reason: "success",
  },
  { rule: "a non-zero exit by itself", ending: { exit: { code: 1 } }, reason: "failure" },
  {
    rule: "a non-zero exit by itself after a completed turn",
    ending: { turns: 1, exit: { code: 1 }, state: after("completed") },
    reason: "failure",
  },
  {
    rule: "killed between turns, without a stop",
    ending: { turns: 1, exit: { code: 137, signal: 9 }, state: after("completed") },
    reason: "failure",
  },
  { rule: "exit 0 after a failed turn", ending: { turns: 1, state: after("failed") }, reason: "failure" },
  { rule: "exit 0 after an interrupted turn", ending: { turns: 1, state: after("interrupted") }, reason: "failure" },
  {
    rule: "a stop while no turn ran, after a failed turn",
    ending: { turns: 2, stop: "asked_when_idle", state: after("failed") },
    reason: "failure",
  },
  { rule: "the agent exits with 124", ending: { exit: { code: 124 } }, reason: "timeout" },
  {
    rule: "--max-runtime, which stops a running turn",
    ending: { turns: 1, ranOutOfTime: true, stop: "asked_in_turn", exit: { code: 143, signal: 15 }, state: RUNNING },
    reason: "timeout",
  },
  {
    rule: "--max-runtime between turns",
    ending: { turns: 1, ranOutOfTime: true, stop: "asked_when_idle", state: after("completed") },
    reason: "timeout",
  },
  { rule: "gone at its start, before any turn", ending: {}, boot: "boot failed", reason: "boot_failure" },
  {
    rule: "gone at its start with an error",
    ending: { exit: { code: 1 } },
    boot: "boot failed",
    reason: "boot_failure",
  },
  {
    rule: "gone at its start after a stop, which is no failed boot",
    ending: { stop: "asked_when_idle" },
    boot: "boot failed",
    reason: "success",
  },
  {
    rule: "a stop while a turn ran",
    ending: { turns: 1, stop: "asked_in_turn", state: RUNNING },
    reason: "stopped",
  },
  {
    rule: "a stop while a turn ran, which then completed",
    ending: { turns: 1, stop: "asked_in_turn", state: after("completed") },
    reason: "stopped",
  },
  {
    rule: "a stop while a turn ran, which ended with KILL",
    ending: { turns: 1, stop: "asked_in_turn", exit: { code: 137, signal: 9 }, state: after("interrupted") },
    reason: "stopped",
  },
  { rule: "gone in the middle of a turn, exit 0", ending: { turns: 1, state: RUNNING }, reason: "disconnected" },
  {
    rule: "killed in the middle of a turn",
    ending: { turns: 1, exit: { code: 137, signal: 9 }, state: RUNNING },
    reason: "disconnected",
  },
  {
    rule: "gone in the middle of a turn after an earlier turn was completed",
    ending: { turns: 2, state: { ...RUNNING, lastOutcome: "completed" } },
    reason: "disconnected",
  },
];

/** The whole ending, of which a case names what counts. */
function endingOf({ state, ...named }: Case["ending"]): Ending {
  return {
    exit: { code: 0 },
    stop: "not_asked",
    ranOutOfTime: false,
    turns: 0,
    ...named,
    state: { ...initialState(0), ...state },
  };
}

for (const { rule, ending, boot = "booted", reason } of CASES) {
  Deno.test(`judge(): ${rule}: ${reason}`, () => deepEqual(judge(endingOf(ending), boot), reason));
}
