/**
 * What `AgentProcess` promises, whatever the transport: one test a line, played on a stage that each transport brings
 * (`agent_stages.ts`).
 */

import { MESSAGE_STEPS } from "../../src/model/message.ts";
import type { Signal } from "../../src/model/signal.ts";
import type { AgentAnswer, AnswerOutcome } from "../../src/transports/agent_process.ts";
import { begin, NEVER, type Play, STEP_MS, type Transport } from "./agent_play.ts";
import { deepEqual, equal, ok } from "./assert.ts";

/** How often a text was written. */
function times(text: string, written: string): number {
  return written.split(text).length - 1;
}

export function agentProcessContract(transport: Transport): void {
  const test = (line: string, body: (play: Play) => Promise<void>) =>
    Deno.test(`AgentProcess (${transport.name}): ${line}`, async () => {
      await using play = await begin(transport);
      await body(play);
    });

  lifetimeContract(test);
  deliveryContract(test);
  interruptContract(test);
  answerContract(test, transport);
  terminalContract(test, transport);
}

type Test = (line: string, body: (play: Play) => Promise<void>) => void;

function lifetimeContract(test: Test): void {
  test("exit resolves with the exit code, again and again, after the last output was read", async (play) => {
    play.print("last words");
    play.exit(3);
    deepEqual(await play.run(play.agent.exit), { code: 3 });
    ok(play.printed().includes("last words"));
    deepEqual(await play.agent.exit, { code: 3 });
  });

  test("exit waits for output that comes after the end of the process", async (play) => {
    let hasExited = false;
    void play.agent.exit.then(() => hasExited = true);
    play.exitEarly(3);
    await play.clock.advance(STEP_MS);
    equal(hasExited, false);
    play.print("last words");
    play.exit(3);
    deepEqual(await play.run(play.agent.exit), { code: 3 });
    ok(play.printed().includes("last words"));
  });

  test("observations end with `exited`, once, from the process", async (play) => {
    play.print("last words");
    play.exit(0);
    await play.run(play.over);
    const { signal, source } = play.observations.at(-1) ?? {};
    deepEqual([signal, source], [{ kind: "exited" }, "process"]);
    equal(play.observations.filter((each) => each.signal.kind === "exited").length, 1);
  });

  test("times of observations never go back", async (play) => {
    await play.run(play.deliver("do it").delivery);
    play.exit(0);
    await play.run(play.over);
    const at = play.observations.map((each) => each.at);
    deepEqual(at, [...at].sort((one, other) => one - other));
  });

  test("dispose() may come twice after the exit", async (play) => {
    play.exit(0);
    await play.run(play.agent.exit);
    await play.agent[Symbol.asyncDispose]();
    await play.agent[Symbol.asyncDispose]();
  });

  test("graces and policy are bounded, and the pid is the process's", ({ agent }) => {
    const { graces: { askMs, termMs }, policy: { readySettleMs, unseenWorkMs }, bootMs = 0 } = agent;
    for (const ms of [askMs, termMs, readySettleMs, unseenWorkMs, bootMs]) ok(ms >= 0 && ms <= 10_000, `${ms} ms`);
    ok(agent.pid > 0);
    return Promise.resolve();
  });
}

function deliveryContract(test: Test): void {
  test("deliver() is accepted with evidence when the agent takes the message, which is written once", async (play) => {
    const { delivery, steps } = play.deliver("do it");
    const outcome = await play.run(delivery);
    equal(outcome.kind, "accepted");
    ok(outcome.kind === "accepted" && outcome.evidence !== "" && outcome.bytesWritten >= "do it".length);
    equal(times("do it", play.written()), 1);
    deepEqual(steps.filter((step) => step !== "accepted"), ["typed", "submitted"]);
  });

  test("deliver() is not taken when the agent refuses the message, which is written once", async (play) => {
    play.attitude("refuses");
    const { delivery, steps } = play.deliver("do it");
    const outcome = await play.run(delivery);
    equal(outcome.kind, "not_taken");
    ok(outcome.kind === "not_taken" && outcome.reason !== "");
    equal(times("do it", play.written()), 1);
    deepEqual(steps, ["typed", "submitted"]);
  });

  test("deliver() takes each step at most once, in their order", async (play) => {
    const { delivery, steps } = play.deliver("do it");
    await play.run(delivery);
    deepEqual(steps, MESSAGE_STEPS.filter((step) => steps.includes(step)));
  });

  test("deliver() that is aborted before it begins is refused, and nothing is written", async (play) => {
    const before = play.written();
    const { delivery, steps } = play.deliver("do it", { signal: AbortSignal.abort() });
    const outcome = await play.run(delivery);
    equal(outcome.kind, "refused");
    ok(outcome.kind === "refused" && outcome.reason !== "");
    deepEqual([play.written(), steps], [before, []]);
  });

  test("deliver() that is called off before it begins is refused, and nothing is written", async (play) => {
    const before = play.written();
    const { delivery, steps } = play.deliver("do it", { calledOff: AbortSignal.abort() });
    equal((await play.run(delivery)).kind, "refused");
    deepEqual([play.written(), steps], [before, []]);
  });

  test("deliver() that is aborted while it waits is not taken, and does not reject", async (play) => {
    play.attitude("is silent");
    const giveUp = new AbortController();
    const { delivery } = play.deliver("do it", { signal: giveUp.signal });
    await play.clock.advance(STEP_MS);
    giveUp.abort();
    equal((await play.run(delivery)).kind, "not_taken");
  });

  test("deliver() puts one message after the other", async (play) => {
    play.attitude("is silent");
    const giveUp = new AbortController();
    const first = play.deliver("the first", { signal: giveUp.signal });
    const second = play.deliver("the second", { signal: giveUp.signal });
    await play.clock.advance(STEP_MS);
    deepEqual([times("the first", play.written()), times("the second", play.written())], [1, 0]);
    giveUp.abort();
    await play.run(first.delivery);
    equal((await play.run(second.delivery)).kind, "refused");
    equal(times("the second", play.written()), 0);
  });

  test("deliver() to an agent that has exited resolves, and is not accepted", async (play) => {
    play.exit(0);
    await play.run(play.agent.exit);
    const { kind } = await play.run(play.deliver("do it").delivery);
    ok(kind === "refused" || kind === "not_taken", kind);
  });
}

function interruptContract(test: Test): void {
  test("interrupt() of an idle agent resolves, and harms no later message", async (play) => {
    await play.run(play.agent.interrupt(NEVER));
    equal((await play.run(play.deliver("do it").delivery)).kind, "accepted");
  });

  test("interrupt() reaches an agent that works", async (play) => {
    await play.run(play.deliver("do it").delivery);
    await play.run(play.agent.interrupt(NEVER));
    deepEqual(play.heard(), ["interrupt"]);
  });

  test("askToStop() asks an idle agent to leave", async (play) => {
    await play.run(play.agent.askToStop(NEVER));
    deepEqual(play.heard(), ["leave"]);
    ok(["exit_sequence_sent", "interrupt_sent"].includes(play.agent.stopAnswer));
  });

  test("askToStop() asks an agent that works to leave", async (play) => {
    await play.run(play.deliver("do it").delivery);
    await play.run(play.agent.askToStop(NEVER));
    equal(play.heard().at(-1), "leave");
  });

  test("interrupt() and askToStop() resolve when the agent has exited", async (play) => {
    play.exit(0);
    await play.run(play.agent.exit);
    await play.run(play.agent.interrupt(NEVER));
    await play.run(play.agent.askToStop(NEVER));
  });
}

function answerContract(test: Test, { choices, namesQuestions }: Transport): void {
  const [yes = "", no = ""] = [choices[0], choices.at(-1)];

  /** Everything up to an open question. */
  async function untilAsked(play: Play): Promise<Extract<Signal, { kind: "blocked" }>> {
    await play.run(play.deliver("do it").delivery);
    play.ask();
    return await play.until("blocked");
  }

  async function answer(play: Play, reply: AgentAnswer): Promise<AnswerOutcome> {
    ok(play.agent.answer !== undefined);
    return await play.run(play.agent.answer(reply, NEVER));
  }

  test("answer() is refused when nothing is asked, and nothing is written", async (play) => {
    const before = play.written();
    const outcome = await answer(play, { decision: "approve" });
    ok(outcome.kind === "refused" && outcome.reason !== "");
    equal(play.written(), before);
  });

  test("a question is reported with its kind and choices", async (play) => {
    const { on, choices: told, detail } = await untilAsked(play);
    deepEqual([on, told], ["permission", choices]);
    ok(detail.includes("rm -r build"), detail);
  });

  test("answer() by a decision reaches the agent", async (play) => {
    await untilAsked(play);
    const outcome = await answer(play, { decision: "approve" });
    ok(outcome.kind === "answered" && outcome.on === "permission" && outcome.choice !== "");
    deepEqual(play.heard(), ["yes"]);
  });

  test("answer() by the label of a choice reaches the agent", async (play) => {
    await untilAsked(play);
    deepEqual(await answer(play, { choice: no }), { kind: "answered", on: "permission", choice: no });
    deepEqual(play.heard(), ["no"]);
  });

  test("answer() by a choice that is not offered is refused with the choices, and the question stays", async (play) => {
    await untilAsked(play);
    const before = play.written();
    const outcome = await answer(play, { choice: "Perhaps" });
    ok(outcome.kind === "refused" && outcome.reason !== "");
    deepEqual([outcome.choices, play.written()], [choices, before]);
    equal((await answer(play, { choice: yes })).kind, "answered");
  });

  test("answer() to a question that is not the open one is refused, where questions have ids", async (play) => {
    const { questionId } = await untilAsked(play);
    equal(questionId !== undefined, namesQuestions);
    if (questionId === undefined) return;
    const before = play.written();
    const outcome = await answer(play, { decision: "approve", questionId: `${questionId}9` });
    ok(outcome.kind === "refused" && outcome.reason !== "");
    equal(play.written(), before);
    equal((await answer(play, { decision: "approve", questionId })).kind, "answered");
  });

  test("a second answer() to the same question is refused", async (play) => {
    await untilAsked(play);
    await answer(play, { decision: "approve" });
    equal((await answer(play, { decision: "approve" })).kind, "refused");
    deepEqual(play.heard(), ["yes"]);
  });
}

function terminalContract(test: Test, { hasTerminal }: Transport): void {
  test("terminal is there if the agent has a screen, and shows what it printed", async (play) => {
    const { terminal } = play.agent;
    equal(terminal !== undefined, hasTerminal);
    if (terminal === undefined) return;
    play.print("hello there");
    await play.clock.advance(STEP_MS);
    ok((await play.run(terminal.screen())).text.some((row) => row.includes("hello there")));
    ok((await play.run(terminal.screenAnsi())).some((row) => row.includes("hello there")));
  });

  test("terminal.view() draws the screen first, and passes on what is printed until it is disposed", async (play) => {
    const { terminal } = play.agent;
    if (terminal === undefined) return;
    play.print("before");
    await play.clock.advance(STEP_MS);
    const shown: string[] = [];
    const view = await play.run(terminal.view((bytes) => shown.push(new TextDecoder().decode(bytes))));
    ok(shown[0]?.includes("before"));
    play.print("after");
    await play.clock.advance(STEP_MS);
    equal(shown.slice(1).join(""), "after");
    view[Symbol.dispose]();
    play.print("too late");
    await play.clock.advance(STEP_MS);
    equal(shown.slice(1).join(""), "after");
  });
}
