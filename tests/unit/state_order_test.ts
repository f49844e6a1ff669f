/**
 * advance() over any order of observations, whatever nonsense the sources say: what it must never do. Run more with
 * HARNEX_FUZZ_RUNS.
 */

import fc from "fast-check";
import { claude } from "../../src/adapters/claude/claude.ts";
import type { EventBody } from "../../src/model/events.ts";
import type { Observation, Signal, SignalSource } from "../../src/model/signal.ts";
import { initialState, type SessionState } from "../../src/host/turn/session_state.ts";
import { advance } from "../../src/host/turn/state.ts";
import type { TurnPolicy } from "../../src/transports/agent_process.ts";
import { deepEqual, equal, ok } from "../support/assert.ts";

const RUNS = Number(Deno.env.get("HARNEX_FUZZ_RUNS") ?? "2000");
/** Ticks that one pause may ask for: each is a wake-up of the host. */
const TICK_LIMIT = 50;
const PAUSE_MS = 60_000;

const POLICIES: readonly TurnPolicy[] = [
  { readySettleMs: 250, settleBy: "verdict", unseenWorkMs: 2_500, unexplainedWorkMs: 500 },
  { readySettleMs: 300, settleBy: "output", unseenWorkMs: 0, unexplainedWorkMs: 0 },
  claude.behaviour.policy,
];

const messageId = fc.constantFrom("m1", "m2", "m3");
const turnId = fc.option(fc.constantFrom("t1", "t2"), { nil: undefined });
const outcome = fc.constantFrom("completed" as const, "interrupted" as const, "failed" as const);
const source = fc.constantFrom<SignalSource>("process", "rpc", "hook", "file", "osc", "screen");
const given = <Value>(name: string, value: Value | undefined) => value === undefined ? {} : { [name]: value };

const signal: fc.Arbitrary<Signal> = fc.oneof(
  fc.constant<Signal>({ kind: "ready", label: "prompt" }),
  fc.constant<Signal>({ kind: "working", label: "session" }),
  fc.constant<Signal>({ kind: "working", label: "session", background: true }),
  fc.constantFrom("q1", "q2", undefined).map((question): Signal => ({
    kind: "blocked",
    on: "question",
    label: "question",
    detail: "which?",
    choices: ["a", "b"],
    ...given("questionId", question),
  })),
  fc.constant<Signal>({ kind: "unclear", label: "unknown" }),
  messageId.map((id): Signal => ({ kind: "submitted", messageId: id })),
  messageId.map((id): Signal => ({ kind: "submitted", messageId: id, verdict: "follows" })),
  fc.tuple(messageId, source, turnId).map(([id, by, turn]): Signal => ({
    kind: "taken",
    messageId: id,
    by,
    ...given("turnId", turn),
  })),
  messageId.map((id): Signal => ({ kind: "not_taken", messageId: id })),
  turnId.map((turn): Signal => ({ kind: "turn_started", ...given("turnId", turn) })),
  outcome.map((how): Signal => ({ kind: "turn_ending", outcome: how })),
  fc.tuple(outcome, turnId).map(([how, turn]): Signal => ({
    kind: "turn_ended",
    outcome: how,
    ...given("turnId", turn),
  })),
  fc.constant<Signal>({ kind: "approval", approval: "command", decision: "accept", by: "policy" }),
  fc.constant<Signal>({ kind: "disconnected", source: "transport" }),
  fc.constant<Signal>({ kind: "compaction", fields: {} }),
  fc.constant<Signal>({ kind: "cleared" }),
  fc.constant<Signal>({ kind: "tick" }),
);
const step = fc.record({ gap: fc.nat({ max: 4_000 }), signal, source });
const steps = fc.array(step, { maxLength: 80 });

interface Played {
  state: SessionState;
  events: EventBody[];
}

/** Plays observations with the ticks that the state asks for; every state is frozen, so that nobody changes it later. */
function play(given: readonly { gap: number; signal: Signal; source: SignalSource }[], policy: TurnPolicy): Played {
  let state = freeze(initialState(0));
  const events: EventBody[] = [];
  let now = 0;
  const take = (observation: Observation) => {
    const result = advance(state, observation, policy);
    state = freeze(result.state);
    events.push(...result.events);
    const { recheckAt } = state;
    ok(recheckAt === undefined || recheckAt > observation.at, "time is asked to come back later, not at once");
  };
  const passUntil = (at: number) => {
    for (let ticks = 0; state.recheckAt !== undefined && state.recheckAt <= at; ticks++) {
      ok(ticks < TICK_LIMIT, "it asks for the time again and again");
      take({ at: state.recheckAt, signal: { kind: "tick" }, source: "process" });
    }
  };
  for (const { gap, signal, source } of given) {
    now += gap;
    passUntil(now - 1);
    take({ at: now, signal, source });
  }
  passUntil(now + PAUSE_MS);
  equal(state.recheckAt, undefined, "when nothing more comes it settles");
  return { state, events };
}

function freeze(state: SessionState): SessionState {
  for (const part of Object.values(state)) if (typeof part === "object" && part !== null) Object.freeze(part);
  return Object.freeze(state);
}

/** What the public events promise, in whatever order things were seen. */
function check({ state, events }: Played): void {
  let known = "unknown";
  let open: EventBody | undefined;
  for (const event of events) {
    switch (event.type) {
      case "state":
        equal(event.from, known, "each change begins where the last one ended");
        ok(event.from !== event.to, "a change changes something");
        known = event.to;
        break;
      case "turn_started":
        equal(open, undefined, "no turn begins before the last one has ended");
        open = event;
        break;
      case "task_complete":
      case "task_failed":
        if (event.message_id !== undefined) ok(open !== undefined, "no message's turn ends that has not begun");
        if (open?.type === "turn_started") equal(event.message_id, open.message_id, "a turn ends as whose it began");
        open = undefined;
        break;
    }
  }
  equal(state.agent, known, "what was told last is what is so");
  equal(state.agent === "prompt", state.input.input_ready === true);
  equal(state.agent === "blocked", state.block !== undefined);
  ok(!(state.agent === "prompt" && state.turn !== undefined), "no prompt while a turn is open");
  if (open !== undefined) ok(state.turn !== undefined, "a turn that was told and has not ended is still open");
}

function property(name: string, holds: (played: Played, policy: TurnPolicy) => void): void {
  Deno.test(name, () => {
    const run = fc.check(
      fc.property(steps, fc.constantFrom(...POLICIES), (given, policy) => holds(play(given, policy), policy)),
      { numRuns: RUNS },
    );
    const { seed, counterexamplePath, counterexample, errorInstance } = run;
    ok(!run.failed, `seed ${seed}, path ${counterexamplePath}: ${JSON.stringify(counterexample)}: ${errorInstance}`);
  });
}

property("advance() tells every turn from its begin to its end, one at a time, and settles", check);

property("advance() says nothing more after the exit, whatever comes", ({ state }, policy) => {
  const gone = advance(state, { at: 1e9, signal: { kind: "exited" }, source: "process" }, policy);
  equal(gone.state.agent, "exited");
  equal(gone.events.filter(({ type }) => type === "state").length, 1);
  for (const kind of ["ready", "working"] as const) {
    const after = advance(gone.state, { at: 2e9, signal: { kind, label: "late" }, source: "rpc" }, policy);
    equal(after.events.length, 0);
    equal(after.state, gone.state);
  }
});

/** The same policy in slow motion. */
function slowed({ reports, settleBy, ...times }: TurnPolicy): TurnPolicy {
  return { ...doubled(times), settleBy, ...(reports === undefined ? {} : { reports: doubled(reports) }) };
}

function doubled<Times extends object>(times: Times): Times {
  return { ...times, ...Object.fromEntries(Object.entries(times).map(([name, ms]) => [name, 2 * ms])) };
}

Deno.test("advance() takes every time from the agent's policy: in slow motion it emits the same events", () => {
  const run = fc.check(
    fc.property(steps, fc.constantFrom(...POLICIES), (given, policy) => {
      const slow = play(given.map((one) => ({ ...one, gap: 2 * one.gap })), slowed(policy));
      deepEqual(slow.events, play(given, policy).events);
    }),
    { numRuns: RUNS },
  );
  const { seed, counterexamplePath, counterexample, errorInstance } = run;
  ok(!run.failed, `seed ${seed}, path ${counterexamplePath}: ${JSON.stringify(counterexample)}: ${errorInstance}`);
});
