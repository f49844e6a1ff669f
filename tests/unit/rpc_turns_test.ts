/**
 * Agents that do not name their turns and reply when a turn is over: when is a message taken, and when has its turn
 * ended?
 */

import type { Delivery, Message } from "../../src/model/message.ts";
import type { Signal } from "../../src/model/signal.ts";
import { startRpcAgent } from "../../src/transports/rpc/rpc_agent.ts";
import { createTurnTracker } from "../../src/transports/rpc/turns.ts";
import { deepEqual, equal } from "../support/assert.ts";
import { createFakeClock, settle } from "../support/fake_clock.ts";
import { createFakeRpcProcess } from "../support/fake_rpc_process.ts";
import { TOY_RPC } from "../support/toy_rpc.ts";

const NEVER = new AbortController().signal;

async function start() {
  const fake = createFakeRpcProcess();
  const clock = createFakeClock();
  const agent = startRpcAgent(fake.process, TOY_RPC, { clock, approvals: "ask", output: () => {} });
  const { id } = await fake.read(({ method }) => method === "open");
  await fake.say({ id, result: {} });
  const signals: Signal[] = [];
  const reading = (async () => {
    for await (const { signal } of agent.observations) signals.push(signal);
  })();
  return {
    fake,
    clock,
    agent,
    signals,
    deliver(text: string, options: { signal?: AbortSignal; force?: boolean } = {}) {
      const message: Message = { id: "m", text, mode: "submit", force: options.force ?? false };
      const steps: string[] = [];
      const delivery = agent.deliver(message, {
        signal: options.signal ?? NEVER,
        onStep: (step) => void steps.push(step),
      });
      return { steps, delivery };
    },
    prompt: async () => (await fake.read(({ method }) => method === "prompt")).id,
    async [Symbol.asyncDispose]() {
      fake.exit({ code: 0 });
      await reading;
      await agent[Symbol.asyncDispose]();
    },
  };
}

const BEGAN: Delivery = { kind: "accepted", bytesWritten: 2, by: "rpc", evidence: "rpc: the turn of prompt began" };

Deno.test("deliver() is accepted when the turn begins, long before the reply that ends it", async () => {
  await using running = await start();
  const { delivery, steps } = running.deliver("go");
  const id = await running.prompt();
  await running.fake.say({ method: "update" });
  deepEqual([await delivery, steps], [BEGAN, ["typed", "submitted", "accepted"]]);
  await running.clock.advance(3_600_000);
  deepEqual(running.signals.map(({ kind }) => kind), ["ready", "turn_started"]);
  await running.fake.say({ id, result: { stopReason: "end_turn" } });
  await settle();
  deepEqual(running.signals.slice(2), [{ kind: "turn_ended", outcome: "completed" }, {
    kind: "ready",
    label: "prompt",
  }]);
});

Deno.test("deliver() is accepted by the reply alone when nothing was said before it", async () => {
  await using running = await start();
  const { delivery } = running.deliver("go");
  await running.fake.say({ id: await running.prompt(), result: { stopReason: "end_turn" } });
  deepEqual(await delivery, { ...BEGAN, evidence: "rpc: reply to prompt" });
  equal(running.signals.at(-2)?.kind, "turn_ended");
});

Deno.test("deliver() is not taken when the agent refuses the prompt, and the next one may start a turn", async () => {
  await using running = await start();
  const { delivery } = running.deliver("go");
  await running.fake.say({ id: await running.prompt(), error: { code: -1, message: "no session" } });
  deepEqual(await delivery, { kind: "not_taken", bytesWritten: 2, reason: "no session" });
  const next = running.deliver("on");
  await running.prompt();
  await running.fake.say({ method: "update" });
  deepEqual(await next.delivery, BEGAN);
});

Deno.test("a turn whose prompt fails after it began has failed", async () => {
  await using running = await start();
  const { delivery } = running.deliver("go");
  const id = await running.prompt();
  await running.fake.say({ method: "update" });
  deepEqual(await delivery, BEGAN);
  await running.fake.say({ id, error: { code: -1, message: "overloaded" } });
  await settle();
  deepEqual(running.signals.at(-2), { kind: "turn_ended", outcome: "failed", detail: "overloaded" });
});

Deno.test("deliver() that is given up before the turn begins is not taken, and never rejects", async () => {
  await using running = await start();
  const giveUp = new AbortController();
  const { delivery } = running.deliver("go", { signal: giveUp.signal });
  await running.prompt();
  giveUp.abort();
  deepEqual(await delivery, { kind: "not_taken", bytesWritten: 2, reason: "prompt: given up" });
});

Deno.test("deliver() refuses a forced message to an agent that takes no text while a turn runs", async () => {
  await using running = await start();
  const { delivery } = running.deliver("go");
  await running.prompt();
  await running.fake.say({ method: "update" });
  await delivery;
  deepEqual(await running.deliver("more", { force: true }).delivery, {
    kind: "refused",
    reason: "a turn is running",
  });
});

Deno.test("interrupt() is a notification where the agent takes one", async () => {
  await using running = await start();
  const { delivery } = running.deliver("go");
  const id = await running.prompt();
  await running.fake.say({ method: "update" });
  await delivery;
  await running.agent.interrupt(NEVER);
  deepEqual(await running.fake.read(({ method }) => method === "cancel"), { jsonrpc: "2.0", method: "cancel" });
  await running.fake.say({ id, result: { stopReason: "cancelled" } });
  await settle();
  deepEqual(running.signals.at(-2), { kind: "turn_ended", outcome: "interrupted" });
});

Deno.test("interrupt() waits a second for a turn that was requested, and sends nothing when it does not begin", async () => {
  await using running = await start();
  running.deliver("go");
  await running.prompt();
  const interrupted = running.agent.interrupt(NEVER);
  await running.clock.advance(1_000);
  await interrupted;
  equal(running.fake.written.some(({ method }) => method === "cancel"), false);
});

Deno.test("interrupt() reaches a turn that begins a moment after its request", async () => {
  await using running = await start();
  running.deliver("go");
  await running.prompt();
  const interrupted = running.agent.interrupt(NEVER);
  await running.clock.advance(900);
  await running.fake.say({ method: "update" });
  await interrupted;
  equal(running.fake.written.some(({ method }) => method === "cancel"), true);
});

Deno.test("createTurnTracker() gives the same turn for a reply before and after its notifications", () => {
  const states = (...events: readonly ("requested" | "replied" | "started" | "ended")[]) => {
    const turns = createTurnTracker();
    for (const event of events) event === "requested" ? turns.requested() : turns[event]("a");
    return turns.state();
  };
  const active = { kind: "active", turnId: "a" };
  deepEqual(states("requested"), { kind: "starting" });
  deepEqual(states("requested", "replied", "started"), active);
  deepEqual(states("requested", "started", "replied"), active);
  deepEqual(states("requested", "started", "ended", "replied"), { kind: "idle" });
  deepEqual(states("requested", "replied", "ended", "started"), { kind: "idle" });
});

Deno.test("createTurnTracker() ends a turn without a name by an end without a name", () => {
  const turns = createTurnTracker();
  turns.started(undefined);
  turns.ended("another");
  deepEqual(turns.state(), { kind: "active" });
  turns.ended(undefined);
  deepEqual(turns.state(), { kind: "idle" });
});
