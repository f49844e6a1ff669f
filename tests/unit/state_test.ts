import fc from "fast-check";
import type { EventBody } from "../../src/model/events.ts";
import type { Signal, SignalSource } from "../../src/model/signal.ts";
import { initialState, type SessionState } from "../../src/host/turn/session_state.ts";
import { advance } from "../../src/host/turn/state.ts";
import type { TurnPolicy } from "../../src/transports/agent_process.ts";
import { deepEqual, equal, ok } from "../support/assert.ts";

/** An agent whose screen shows work, and which has hooks and a state file. */
const SHOWS_WORK: TurnPolicy = {
  readySettleMs: 250,
  settleBy: "verdict",
  unseenWorkMs: 2_500,
  unexplainedWorkMs: 500,
  reports: {
    fileSettleMs: 1_000,
    screenBehindMs: 5_000,
    wakeMs: 3_000,
    endingMs: 2_000,
    unreportedEndMs: 5_000,
    clearingMs: 1_000,
    questionShowsMs: 1_000,
    decisionMs: 500,
    answeredMs: 2_000,
  },
};
/** Any line-based program: it never shows work. */
const SHOWS_NOTHING: TurnPolicy = { readySettleMs: 300, settleBy: "output", unseenWorkMs: 0, unexplainedWorkMs: 0 };

const READY: Signal = { kind: "ready", label: "prompt" };
const WORKING: Signal = { kind: "working", label: "session" };
const UNCLEAR: Signal = { kind: "unclear", label: "unknown" };
const TRUST: Signal = {
  kind: "blocked",
  on: "trust",
  label: "workspace-trust-prompt",
  detail: "trust this?",
  choices: ["Yes", "No"],
};
const SUBMITTED: Signal = { kind: "submitted", messageId: "m1" };

type Step = [at: number, signal: Signal, source?: SignalSource];

/** Plays steps, with the ticks that the state asks for in between, and collects the events. */
function play(steps: readonly Step[], policy: TurnPolicy, until = 0): { state: SessionState; events: EventBody[] } {
  let state = initialState(0);
  const events: EventBody[] = [];
  const take = (at: number, signal: Signal, source: SignalSource) => {
    const next = advance(state, { at, signal, source }, policy);
    state = next.state;
    events.push(...next.events);
  };
  const tickUntil = (at: number) => {
    while (state.recheckAt !== undefined && state.recheckAt <= at) take(state.recheckAt, { kind: "tick" }, "process");
  };
  for (const [at, signal, source] of steps) {
    tickUntil(at - 1);
    take(at, signal, source ?? (signal.kind === "submitted" ? "process" : "screen"));
  }
  tickUntil(until);
  return { state, events };
}

const types = (events: readonly EventBody[]) => events.map(({ type }) => type);

Deno.test("advance() calls nothing a prompt before the screen has held still", () => {
  equal(play([[0, READY]], SHOWS_WORK, 249).state.agent, "unknown");
  deepEqual(play([[0, READY]], SHOWS_WORK, 250).events, [{
    type: "state",
    from: "unknown",
    to: "prompt",
    source: "screen",
  }]);
  equal(play([[0, READY], [200, UNCLEAR], [210, READY]], SHOWS_WORK, 400).state.agent, "unknown");
});

Deno.test("advance() never guesses ready from an unrecognised screen", () => {
  deepEqual(play([[0, UNCLEAR]], SHOWS_WORK, 60_000), {
    state: { ...play([[0, UNCLEAR]], SHOWS_WORK).state },
    events: [],
  });
});

Deno.test("advance() keeps busy from submission to the end of the work, whatever the screen shows between", () => {
  const steps: Step[] = [[0, READY], [1_000, SUBMITTED], [1_060, WORKING], [2_000, UNCLEAR], [2_050, WORKING], [
    4_000,
    READY,
  ]];
  equal(play(steps.slice(0, 2), SHOWS_WORK, 1_200).state.agent, "busy");
  equal(play(steps.slice(0, 4), SHOWS_WORK, 2_040).state.agent, "busy");
  equal(play(steps, SHOWS_WORK, 4_249).state.agent, "busy");
  deepEqual(types(play(steps, SHOWS_WORK, 4_250).events), [
    "state",
    "state",
    "turn_started",
    "task_complete",
    "state",
  ]);
});

Deno.test("advance() does not take the prompt from before the message for its end", () => {
  const { state } = play([[0, READY], [1_000, SUBMITTED]], SHOWS_WORK, 3_499);
  equal(state.agent, "busy");
  const after = play([[0, READY], [1_000, SUBMITTED]], SHOWS_WORK, 3_500);
  deepEqual(after.events.at(-2), { type: "task_complete", status: "completed", source: "screen", message_id: "m1" });
});

Deno.test("advance() waits for new output where the screen never shows work", () => {
  equal(play([[0, READY], [1_000, SUBMITTED]], SHOWS_NOTHING, 600_000).state.agent, "busy");
  const answered = play(
    [[0, READY], [1_000, SUBMITTED], [1_001, UNCLEAR], [5_000, READY], [5_200, READY]],
    SHOWS_NOTHING,
    5_499,
  );
  equal(answered.state.agent, "busy");
  equal(
    play([[0, READY], [1_000, SUBMITTED], [1_001, UNCLEAR], [5_000, READY]], SHOWS_NOTHING, 5_300).state.agent,
    "prompt",
  );
});

Deno.test("advance() binds the end of a turn to the message that began it", () => {
  const { events } = play([[0, READY], [1_000, SUBMITTED], [1_050, WORKING], [2_000, READY]], SHOWS_WORK, 3_000);
  deepEqual(events.filter(({ type }) => type === "turn_started" || type === "task_complete"), [
    { type: "turn_started", source: "screen", message_id: "m1" },
    { type: "task_complete", status: "completed", source: "screen", message_id: "m1" },
  ]);
});

Deno.test("advance() lets no weaker source end a stronger source's turn", () => {
  const started: Step[] = [[0, READY], [1_000, SUBMITTED], [1_010, { kind: "turn_started" }, "hook"]];
  equal(play([...started, [1_020, READY]], SHOWS_WORK, 60_000).state.agent, "busy");
  const ended = play(
    [...started, [9_000, { kind: "turn_ended", outcome: "completed", lastMessage: "done" }, "hook"]],
    SHOWS_WORK,
    9_300,
  );
  equal(ended.state.agent, "prompt");
  deepEqual(ended.events.find(({ type }) => type === "task_complete"), {
    type: "task_complete",
    status: "completed",
    source: "hook",
    last_message: "done",
    message_id: "m1",
  });
});

const HOOKED: readonly Step[] = [[0, READY, "file"], [1_000, SUBMITTED], [1_030, { kind: "turn_started" }, "hook"], [
  1_060,
  WORKING,
  "file",
]];
const STOPPED: Signal = { kind: "turn_ending", outcome: "completed", lastMessage: "done" };
const ends = (events: readonly EventBody[]) =>
  events.filter((event) => event.type === "task_complete" || event.type === "task_failed");

Deno.test("advance() ends a hooked turn when the agent is back at its prompt, not when its hook announces the end", () => {
  equal(play([...HOOKED, [5_000, STOPPED, "hook"]], SHOWS_WORK, 6_900).state.agent, "busy");
  const { state, events } = play([...HOOKED, [5_000, STOPPED, "hook"], [5_040, READY, "file"]], SHOWS_WORK);
  equal(state.agent, "prompt");
  deepEqual(ends(events), [
    { type: "task_complete", status: "completed", source: "hook", last_message: "done", message_id: "m1" },
  ]);
});

Deno.test("advance() does not end a turn that another hook makes go on", () => {
  const { state, events } = play([...HOOKED, [5_000, STOPPED, "hook"], [5_010, WORKING, "file"]], SHOWS_WORK, 60_000);
  equal(state.agent, "busy");
  deepEqual(ends(events), []);
});

Deno.test("advance() makes no turn of work that the screen still shows when the file has gone with its agent", () => {
  const worked: readonly Step[] = [...HOOKED, [1_100, WORKING], [5_000, STOPPED, "hook"], [5_040, READY, "file"]];
  const { state, events } = play([...worked, [5_058, UNCLEAR, "file"]], SHOWS_WORK, 5_500);
  equal(state.turn, undefined);
  equal(types(events).filter((type) => type === "turn_started").length, 1);
  equal(play([...worked, [5_058, UNCLEAR, "file"]], SHOWS_WORK, 6_000).state.turn?.source, "screen", "it lasts");
});

Deno.test("advance() makes no turn of work that the agent's hooks do not tell, but calls it busy", () => {
  const told: readonly Step[] = [...HOOKED, [5_000, STOPPED, "hook"], [5_040, READY, "file"]];
  const { state, events } = play([...told, [9_000, WORKING, "file"]], SHOWS_WORK);
  equal(state.agent, "busy");
  equal(state.turn, undefined);
  equal(types(events).filter((type) => type === "turn_started").length, 1);
  equal(play([...told, [9_000, WORKING, "file"], [9_500, READY, "file"]], SHOWS_WORK).state.agent, "prompt");
});

Deno.test("advance() takes a prompt without any told end for an interrupt", () => {
  const { events } = play([...HOOKED, [5_000, READY, "file"]], SHOWS_WORK, 6_000);
  deepEqual(ends(events).map(({ type }) => type), ["task_failed"]);
});

Deno.test("advance() ends a hooked turn by time or by the screen where there is no file", () => {
  const hooked: readonly Step[] = [[0, READY], [1_000, SUBMITTED], [1_030, { kind: "turn_started" }, "hook"]];
  const unseen: readonly Step[] = [...hooked, [1_100, UNCLEAR], [5_000, STOPPED, "hook"]];
  equal(play(unseen, SHOWS_WORK, 6_999).state.turn?.messageId, "m1");
  equal(ends(play(unseen, SHOWS_WORK, 7_000).events).length, 1);
  const seen: readonly Step[] = [...hooked, [1_100, WORKING], [5_000, STOPPED, "hook"], [5_050, READY]];
  equal(ends(play(seen, SHOWS_WORK, 5_299).events).length, 0);
  equal(ends(play(seen, SHOWS_WORK, 5_300).events).length, 1);
});

Deno.test("advance() ends one hooked turn where the next begins at once", () => {
  const next: readonly Step[] = [[5_000, STOPPED, "hook"], [5_005, { kind: "turn_started" }, "hook"]];
  const { state, events } = play([...HOOKED, ...next], SHOWS_WORK);
  equal(state.agent, "busy");
  deepEqual(ends(events).map(({ type }) => type), ["task_complete"]);
  equal(types(events).filter((type) => type === "turn_started").length, 2);
});

Deno.test("advance() does not wait for ever for a turn that a taken message never began", () => {
  const steps: readonly Step[] = [[0, READY, "file"], [1_000, SUBMITTED], [1_050, {
    kind: "taken",
    messageId: "m1",
    by: "screen",
  }, "process"]];
  equal(play(steps, SHOWS_WORK, 3_499).state.agent, "busy");
  const { state, events } = play(steps, SHOWS_WORK, 3_500);
  equal(state.agent, "prompt");
  // It may have been too short for the file; where hooks speak, none began.
  deepEqual(ends(events).map(({ type }) => type), ["task_complete"]);
  const hooked: Step = [500, { kind: "resumable", agentSessionId: "a" }, "hook"];
  deepEqual(ends(play([hooked, ...steps], SHOWS_WORK, 3_500).events).map(({ type }) => type), ["task_failed"]);
});

const RAN: readonly Step[] = [[0, READY, "file"], [1_000, SUBMITTED], [1_060, WORKING, "file"], [1_070, WORKING]];
const HOW: Readonly<Record<string, Signal>> = {
  interrupted: { kind: "ready", label: "prompt", lastTurn: { outcome: "interrupted", detail: "why" } },
  failed: { kind: "ready", label: "prompt", lastTurn: { outcome: "failed", detail: "why" } },
};

Deno.test("advance() lets the screen say how a turn ended of which no hook told anything", () => {
  for (const [status, shown = READY] of Object.entries(HOW)) {
    const orders: Step[][] = [[[5_000, READY, "file"], [5_100, shown]], [[4_900, shown], [5_000, READY, "file"]]];
    for (const told of orders) {
      const [end, ...more] = ends(play([...RAN, ...told], SHOWS_WORK, 6_000).events);
      deepEqual([end?.type, end?.status, end?.source, more], ["task_failed", status, "file", []]);
    }
  }
});

Deno.test("advance() waits for a screen that still shows the work to say how the turn went, and not for ever", () => {
  const idle: readonly Step[] = [...RAN, [5_000, READY, "file"]];
  deepEqual(ends(play(idle, SHOWS_WORK, 9_900).events), []);
  deepEqual(ends(play(idle, SHOWS_WORK, 10_000).events).map(({ type }) => type), ["task_complete"]);
  for (const [status, shown = READY] of Object.entries(HOW)) {
    const late = play([...idle, [8_000, shown]], SHOWS_WORK, 8_000);
    deepEqual(ends(late.events).map((end) => end.status), [status]);
  }
  deepEqual(ends(play([...idle, [5_500, READY]], SHOWS_WORK, 6_000).events).map(({ type }) => type), ["task_complete"]);
});

Deno.test("advance() takes nothing for the end of a turn that was on the screen before it", () => {
  const { interrupted = READY } = HOW;
  const { events } = play(
    [[0, READY, "file"], [500, interrupted], ...RAN.slice(1, 3), [5_000, READY, "file"]],
    SHOWS_WORK,
    9_000,
  );
  deepEqual(ends(events).map(({ type }) => type), ["task_complete"]);
});

Deno.test("advance() goes on with the turn that the end of a background shell wakes", () => {
  const shell: Step = [4_000, { kind: "working", label: "session", background: true }, "file"];
  for (const began of [HOOKED, RAN]) {
    const steps: readonly Step[] = [...began, shell, [5_000, READY, "file"]];
    deepEqual(ends(play([...steps, [7_000, WORKING, "file"]], SHOWS_WORK, 20_000).events), []);
    deepEqual(ends(play(steps, SHOWS_WORK, 8_000).events).map(({ type }) => type), ["task_complete"]);
  }
});

Deno.test("advance() ends a hooked turn by what the screen shows where there is no file", () => {
  const { interrupted = READY } = HOW;
  const began: readonly Step[] = [[0, READY], [1_000, SUBMITTED], [1_030, { kind: "turn_started" }, "hook"], [
    1_060,
    WORKING,
  ]];
  deepEqual(ends(play([...began, [5_000, interrupted]], SHOWS_WORK, 5_300).events).map(({ type }) => type), [
    "task_failed",
  ]);
  deepEqual(ends(play([...began, [5_000, READY]], SHOWS_WORK, 9_900).events), []);
  deepEqual(ends(play([...began, [5_000, READY]], SHOWS_WORK, 10_000).events).map(({ type }) => type), ["task_failed"]);
});

Deno.test("advance() takes a moment's work that nothing explains for no turn", () => {
  const clear = play([[0, READY, "file"], [1_000, WORKING, "file"], [1_090, READY, "file"]], SHOWS_WORK, 9_000);
  deepEqual(types(clear.events), ["state", "state", "state"]);
  const woken = play([[0, READY, "file"], [1_000, WORKING, "file"]], SHOWS_WORK, 1_500);
  deepEqual(types(woken.events), ["state", "state", "turn_started"]);
});

Deno.test("advance() takes the work of a clearing for no turn, however long it lasts, and what comes later for one", () => {
  const turns = (steps: readonly Step[], until: number) =>
    types(play(steps, SHOWS_WORK, until).events).filter((type) => type !== "state");
  const cleared: Step = [1_000, { kind: "cleared" }, "hook"];
  const after: readonly Step[] = [[0, READY], cleared, [1_020, WORKING], [4_000, READY]];
  deepEqual(turns(after, 9_000), []);
  deepEqual(turns([[0, READY], [990, WORKING], cleared, [4_000, READY]], 9_000), []);
  deepEqual(turns([[0, READY], cleared, [1_020, WORKING, "file"], [4_000, READY, "file"]], 9_000), []);
  deepEqual(turns([...after, [6_000, WORKING]], 6_500), ["turn_started"]);
  deepEqual(turns([...after.slice(0, 3), [1_500, { kind: "turn_started" }, "hook"]], 2_000), ["turn_started"]);
});

Deno.test("advance() tells a question once, however the file and the screen follow each other", () => {
  const waiting: Signal = { kind: "blocked", on: "permission", label: "permission", detail: "permission prompt" };
  const asked: readonly Step[] = [[2_000, waiting, "file"], [2_200, TRUST], [3_000, WORKING], [3_050, WORKING, "file"]];
  const { events } = play([...HOOKED, ...asked], SHOWS_WORK, 4_000);
  deepEqual(events.filter(({ type }) => type === "blocked").map((event) => "on" in event && event.on), ["trust"]);
  const alone = play([...HOOKED, [2_000, waiting, "file"]], SHOWS_WORK, 3_000);
  equal(alone.state.block?.on, "permission");
});

Deno.test("advance() does not tell a permission dialog that a hook has just answered", () => {
  const began: readonly Step[] = [[0, READY], ...HOOKED.slice(1, 3)];
  const decided: Step = [2_000, { kind: "approval", approval: "Bash", decision: "deny", by: "policy" }, "hook"];
  const dialog: Step = [2_010, { kind: "blocked", on: "permission", label: "permission", detail: "may it?" }];
  const gone: readonly Step[] = [...began, decided, dialog, [2_500, WORKING]];
  deepEqual(play(gone, SHOWS_WORK, 9_000).events.filter(({ type }) => type === "blocked"), []);
  equal(play([...began, decided, dialog], SHOWS_WORK, 4_000).state.agent, "blocked");
  equal(play([...began, dialog], SHOWS_WORK, 2_500).state.agent, "busy");
  equal(play([...began, dialog], SHOWS_WORK, 2_510).state.agent, "blocked");
});

Deno.test("advance() shows the screen's question where the agent's file only knows of one", () => {
  const waiting: Signal = { kind: "blocked", on: "permission", label: "permission", detail: "permission prompt" };
  const { state } = play([...HOOKED, [2_000, waiting, "file"], [2_010, TRUST]], SHOWS_WORK);
  deepEqual(state.block, { on: "trust", detail: "trust this?", choices: ["Yes", "No"], source: "file" });
});

Deno.test("advance() tells a failed and an interrupted turn as task_failed", () => {
  for (const outcome of ["failed", "interrupted"] as const) {
    const { state, events } = play(
      [[0, SUBMITTED], [1, { kind: "turn_ended", outcome, detail: "why" }, "hook"]],
      SHOWS_WORK,
    );
    deepEqual(events.find(({ type }) => type === "task_failed"), {
      type: "task_failed",
      status: outcome,
      source: "hook",
      message_id: "m1",
      error: "why",
    });
    equal(state.lastOutcome, outcome);
    equal(state.lastCompletedAt, undefined);
  }
});

Deno.test("advance() asks a question once, and goes on with the turn when it is gone", () => {
  const { state, events } = play([[0, READY], [1_000, SUBMITTED], [1_100, WORKING], [2_000, TRUST], [2_100, TRUST], [
    3_000,
    WORKING,
  ]], SHOWS_WORK);
  equal(state.agent, "busy");
  equal(state.turn?.messageId, "m1");
  deepEqual(events.filter(({ type }) => type === "blocked"), [
    { type: "blocked", on: "trust", detail: "trust this?", choices: ["Yes", "No"], source: "screen" },
  ]);
});

Deno.test("advance() takes no idle file of an agent that boots with its first message for that message's end", () => {
  const idle: Signal = { ...READY, since: 850 };
  const booting: readonly Step[] = [[200, SUBMITTED], [900, WORKING], [1_000, idle, "file"]];
  const early = play(booting, SHOWS_WORK, 3_000);
  deepEqual([early.state.agent, early.state.turn?.messageId], ["busy", "m1"]);
  const hooked = play([...booting, [1_050, { kind: "turn_started" }, "hook"]], SHOWS_WORK, 3_000);
  deepEqual([hooked.state.agent, hooked.state.turn?.messageId], ["busy", "m1"]);
  const { state, events } = play(
    [...booting, [1_100, WORKING, "file"], [3_000, { ...READY, since: 2_990 }, "file"], [3_010, READY]],
    SHOWS_WORK,
    4_000,
  );
  equal(state.agent, "prompt");
  deepEqual(types(events), ["state", "turn_started", "task_complete", "state"]);
});

Deno.test("advance() withdraws the turn of a message that was not taken", () => {
  const { state, events } = play(
    [[0, READY], [1_000, SUBMITTED], [3_000, { kind: "not_taken", messageId: "m1" }, "process"]],
    SHOWS_WORK,
    3_300,
  );
  equal(state.agent, "prompt");
  deepEqual(types(events), ["state", "state", "state"]);
});

Deno.test("advance() expects no turn of what answers a question outside a turn", () => {
  const answered: Step = [1_000, SUBMITTED];
  const { state, events } = play([[0, TRUST], answered, [1_100, UNCLEAR], [1_200, READY]], SHOWS_WORK, 9_000);
  equal(state.agent, "prompt");
  deepEqual(types(events), ["state", "blocked", "state", "state"]);
});

Deno.test("advance() announces a turn after the verdict on its message, though work shows before it", () => {
  const submitted: Step = [1_000, { kind: "submitted", messageId: "m1", verdict: "follows" }, "process"];
  const seen: readonly Step[] = [[0, READY], submitted, [1_050, WORKING]];
  deepEqual(types(play(seen, SHOWS_WORK).events), ["state", "state"]);
  const verdicts: readonly Signal[] = [{ kind: "taken", messageId: "m1", by: "screen" }, {
    kind: "not_taken",
    messageId: "m1",
  }];
  for (const verdict of verdicts) {
    const { state, events } = play([...seen, [1_060, verdict, "process"]], SHOWS_WORK);
    deepEqual(types(events), ["state", "state", "turn_started"]);
    equal(state.agent, "busy");
  }
});

Deno.test("advance() starts a turn for work that nobody sent", () => {
  const { events } = play([[0, READY], [1_000, WORKING], [2_000, READY]], SHOWS_WORK, 2_300);
  deepEqual(events.find(({ type }) => type === "task_complete"), {
    type: "task_complete",
    status: "completed",
    source: "screen",
  });
});

Deno.test("advance() does not flicker to unknown while a prompt is redrawn", () => {
  const { events } = play([[0, READY], [1_000, UNCLEAR], [1_020, READY]], SHOWS_WORK, 2_000);
  deepEqual(types(events), ["state"]);
  equal(play([[0, READY], [1_000, UNCLEAR]], SHOWS_WORK, 1_250).state.agent, "unknown");
});

Deno.test("advance() says nothing more after the exit", () => {
  const { state, events } = play(
    [[0, READY], [1_000, { kind: "exited" }, "process"], [1_001, WORKING], [1_002, TRUST]],
    SHOWS_WORK,
    9_000,
  );
  equal(state.agent, "exited");
  deepEqual(types(events), ["state", "state"]);
});

Deno.test("advance() keeps its promises for any order of observations", () => {
  const signal = fc.constantFrom<Signal>(
    READY,
    WORKING,
    UNCLEAR,
    TRUST,
    SUBMITTED,
    { kind: "taken", messageId: "m1", by: "screen" },
    { kind: "not_taken", messageId: "m1" },
    { kind: "turn_started" },
    STOPPED,
    { kind: "turn_ended", outcome: "completed" },
    { kind: "turn_ended", outcome: "failed" },
    { kind: "tick" },
  );
  const source = fc.constantFrom<SignalSource>("rpc", "hook", "file", "osc", "screen");
  const steps = fc.array(fc.tuple(fc.integer({ min: 0, max: 4_000 }), signal, source), { maxLength: 60 });
  const run = fc.check(
    fc.property(steps, fc.constantFrom(SHOWS_WORK, SHOWS_NOTHING), (gaps, policy) => {
      let at = 0;
      const timed = gaps.map(([gap, what, from]): Step => [at += gap, what, from]);
      const { state, events } = play(timed, policy, at + 10_000);
      let known = "unknown";
      let open = 0;
      for (const event of events) {
        if (event.type === "state") {
          equal(event.from, known, "each change begins where the last one ended");
          ok(event.from !== event.to);
          known = event.to;
        }
        if (event.type === "turn_started") open++;
        if (event.type === "task_complete" || event.type === "task_failed") open = 0;
        ok(open <= 1, "no second turn starts before the first has ended");
      }
      equal(state.agent, known);
      equal(state.input.input_ready, state.agent === "prompt" ? true : state.agent === "blocked" ? false : null);
      ok(!(state.agent === "prompt" && state.turn !== undefined), "no prompt while a turn is open");
      equal(state.agent === "blocked", state.block !== undefined);
    }),
    { numRuns: 2_000 },
  );
  ok(
    !run.failed,
    `seed ${run.seed}: ${run.counterexamplePath} ${JSON.stringify(run.counterexample)} ${run.errorInstance}`,
  );
});
