import * as assert from "../support/assert.ts";
import { codex } from "../../src/adapters/codex/codex.ts";
import type { ApprovalPolicy } from "../../src/model/session.ts";
import type { Message } from "../../src/model/message.ts";
import type { Observation, Signal } from "../../src/model/signal.ts";
import type { AgentProcess } from "../../src/transports/agent_process.ts";
import { startRpcAgent } from "../../src/transports/rpc/rpc_agent.ts";
import type { RpcLimits } from "../../src/transports/rpc/rpc_behaviour.ts";
import { createFakeRpcProcess, type FakeRpcProcess, type Written } from "../support/fake_rpc_process.ts";
import { createFakeClock, type FakeClock } from "../support/fake_clock.ts";

const NEVER = new AbortController().signal;
const THREAD = "t-1";

interface Running {
  fake: FakeRpcProcess;
  clock: FakeClock;
  agent: AgentProcess;
  transcript: () => string;
  /** The next signal of this kind. */
  until<K extends Signal["kind"]>(kind: K): Promise<Extract<Signal, { kind: K }>>;
  seen: Signal["kind"][];
  finished: Promise<void>;
}

function start(options: { approvals?: ApprovalPolicy; limits?: Partial<RpcLimits> } = {}): Running {
  const fake = createFakeRpcProcess();
  const clock = createFakeClock();
  const approvals = options.approvals ?? "auto";
  const request = { args: [], cwd: "/project", approvals, trust: false, env: {}, isRoot: false };
  const behaviour = codex.behaviour(request);
  const decoder = new TextDecoder();
  let transcript = "";
  const limits = { ...behaviour.limits, ...options.limits };
  const agent = startRpcAgent(fake.process, { ...behaviour, limits }, {
    clock,
    approvals,
    output: (bytes) => transcript += decoder.decode(bytes, { stream: true }),
  });
  const unread: Observation[] = [];
  const seen: Signal["kind"][] = [];
  let over = false;
  let changed = Promise.withResolvers<void>();
  const finished = (async () => {
    for await (const observation of agent.observations) {
      unread.push(observation);
      seen.push(observation.signal.kind);
      changed.resolve();
      changed = Promise.withResolvers();
    }
    over = true;
    changed.resolve();
  })();
  async function until<K extends Signal["kind"]>(kind: K): Promise<Extract<Signal, { kind: K }>> {
    const isWanted = (signal: Signal): signal is Extract<Signal, { kind: K }> => signal.kind === kind;
    for (;;) {
      for (let next = unread.shift(); next !== undefined; next = unread.shift()) {
        if (isWanted(next.signal)) return next.signal;
      }
      if (over) assert.fail(`the agent ended before it said ${kind}`);
      await changed.promise;
    }
  }
  return { fake, clock, agent, transcript: () => transcript, until, seen, finished };
}

/** Answers the next request of this method. */
async function serve(fake: FakeRpcProcess, method: string, result: unknown): Promise<Written> {
  const sent = await fake.read((message) => message.method === method);
  await fake.say({ id: sent.id, result });
  return sent;
}

async function open(running: Running): Promise<void> {
  await serve(running.fake, "initialize", {});
  await serve(running.fake, "thread/start", { thread: { id: THREAD }, model: "m" });
  await running.until("ready");
}

function message(text: string, more: Partial<Message> = {}): Message {
  return { id: "m1", text, mode: "submit", force: false, ...more };
}

const silent = { signal: NEVER, onStep: () => {} };

async function startTurn(running: Running, id = "turn-1"): Promise<void> {
  const delivered = running.agent.deliver(message("go"), silent);
  await serve(running.fake, "turn/start", { turn: { id } });
  await running.fake.say({ method: "turn/started", params: { threadId: THREAD, turn: { id } } });
  assert.equal((await delivered).kind, "accepted");
}

function turnEnd(id: string, status: string, error: unknown = null): unknown {
  return { method: "turn/completed", params: { threadId: THREAD, turn: { id, status, error, items: [] } } };
}

async function finish(running: Running): Promise<void> {
  running.fake.exit({ code: 0 });
  await running.finished;
  await running.agent[Symbol.asyncDispose]();
}

Deno.test("startRpcAgent() reports a failed start in the agent's own words, without its log noise", async () => {
  const running = start();
  await running.fake.read(({ method }) => method === "initialize");
  running.fake.sayOnStderr("WARNING: proceeding anyway\n\u001b[2m2026-01-01T00:00:00Z\u001b[0m ERROR something\n");
  running.fake.sayOnStderr("error: unexpected argument '--bogus' found\n\nUsage: codex app-server [OPTIONS]\n");
  running.fake.exit({ code: 2 });
  const message = "error: unexpected argument '--bogus' found";
  assert.deepEqual(await running.until("disconnected"), { kind: "disconnected", source: "transport", message });
  assert.deepEqual(await running.agent.exit, { code: 2 });
  await running.finished;
  assert.deepEqual(running.seen, ["disconnected", "exited"]);
  assert.equal(running.transcript(), `! the agent did not start: ${message}\n`);
  await running.agent[Symbol.asyncDispose]();
});

Deno.test("startRpcAgent() gives up an agent that never answers, and closes its input", async () => {
  const running = start({ limits: { requestMs: 200 } });
  await running.fake.read(({ method }) => method === "initialize");
  await running.clock.advance(200);
  assert.equal((await running.until("disconnected")).message, "initialize: no reply within 200 ms");
  await running.fake.inputClosed;
  await finish(running);
});

Deno.test("startRpcAgent() reports the agent's reason for a thread that cannot be opened", async () => {
  const running = start();
  await serve(running.fake, "initialize", {});
  const { id } = await running.fake.read(({ method }) => method === "thread/start");
  await running.fake.say({ id, error: { code: -32600, message: "failed to load configuration" } });
  assert.equal((await running.until("disconnected")).message, "failed to load configuration");
  await running.fake.inputClosed;
  await finish(running);
});

Deno.test("AgentProcess.deliver() refuses while a turn runs, unless forced: then it steers", async () => {
  const running = start();
  await open(running);
  await startTurn(running);
  assert.deepEqual(await running.agent.deliver(message("second"), silent), {
    kind: "refused",
    reason: "a turn is running",
  });
  const steered = running.agent.deliver(message("second", { force: true }), silent);
  const sent = await serve(running.fake, "turn/steer", { turnId: "turn-1" });
  assert.deepEqual(sent.params, {
    threadId: THREAD,
    expectedTurnId: "turn-1",
    input: [{ type: "text", text: "second" }],
  });
  const accepted = {
    kind: "accepted",
    bytesWritten: 6,
    by: "rpc",
    evidence: "rpc: reply to turn/steer",
    turnId: "turn-1",
  };
  assert.deepEqual(await steered, accepted);
  await finish(running);
});

Deno.test("AgentProcess.deliver() starts a new turn when the steered one ended meanwhile", async () => {
  const running = start();
  await open(running);
  await startTurn(running);
  const steered = running.agent.deliver(message("late", { force: true }), silent);
  const { id } = await running.fake.read(({ method }) => method === "turn/steer");
  await running.fake.say({ id, error: { code: -32600, message: "no active turn to steer" } });
  await running.fake.say(turnEnd("turn-1", "completed"));
  await serve(running.fake, "turn/start", { turn: { id: "turn-2" } });
  const accepted = {
    kind: "accepted",
    bytesWritten: 4,
    by: "rpc",
    evidence: "rpc: reply to turn/start",
    turnId: "turn-2",
  };
  assert.deepEqual(await steered, accepted);
  await finish(running);
});

Deno.test("AgentProcess.deliver() reports each step once, `submitted` before anything is written", async () => {
  const running = start();
  await open(running);
  const steps: unknown[] = [];
  const delivered = running.agent.deliver(message("go"), { signal: NEVER, onStep: (...step) => steps.push(step) });
  const sent = await running.fake.read(({ method }) => method === "turn/start");
  assert.deepEqual(steps, [["typed"], ["submitted"]]);
  await running.fake.say({ id: sent.id, result: { turn: { id: "turn-1" } } });
  await delivered;
  assert.deepEqual(steps, [["typed"], ["submitted"], ["accepted", "rpc: reply to turn/start"]]);
  await finish(running);
});

Deno.test("AgentProcess.deliver() gives the agent's reason when a message is not taken", async () => {
  const running = start();
  await open(running);
  const delivered = running.agent.deliver(message("go"), silent);
  const { id } = await running.fake.read(({ method }) => method === "turn/start");
  await running.fake.say({ id, error: { code: -32600, message: "thread not found" } });
  assert.deepEqual(await delivered, { kind: "not_taken", bytesWritten: 2, reason: "thread not found" });
  await startTurn(running);
  await finish(running);
});

Deno.test("AgentProcess.deliver() refuses keys without text", async () => {
  const running = start();
  await open(running);
  for (const mode of ["type", "enter"] as const) {
    assert.equal((await running.agent.deliver(message("x", { mode }), silent)).kind, "refused", mode);
  }
  await finish(running);
});

Deno.test("AgentProcess ends a turn that retries for too long, as failed", async () => {
  const running = start({ limits: { retryStreakMs: 60_000 } });
  await open(running);
  await startTurn(running);
  const retry = {
    method: "error",
    params: { threadId: THREAD, turnId: "turn-1", willRetry: true, error: { message: "Reconnecting" } },
  };
  await running.fake.say(retry);
  await running.clock.advance(40_000);
  await running.fake.say(retry);
  await running.clock.advance(20_000);
  const reason = "the agent kept retrying for 60 s: Reconnecting";
  assert.deepEqual(await running.until("disconnected"), {
    kind: "disconnected",
    source: "error_notification",
    message: reason,
  });
  await serve(running.fake, "turn/interrupt", {});
  await running.fake.say(turnEnd("turn-1", "interrupted"));
  assert.deepEqual(await running.until("turn_ended"), {
    kind: "turn_ended",
    turnId: "turn-1",
    outcome: "failed",
    detail: reason,
  });
  await finish(running);
});

Deno.test("AgentProcess ignores retries after which work goes on", async () => {
  const running = start({ limits: { retryStreakMs: 60_000 } });
  await open(running);
  await startTurn(running);
  const retry = {
    method: "error",
    params: { threadId: THREAD, turnId: "turn-1", willRetry: true, error: { message: "Reconnecting" } },
  };
  const item = { type: "agentMessage", id: "i", text: "on it" };
  await running.fake.say(retry);
  await running.clock.advance(40_000);
  await running.fake.say({ method: "item/completed", params: { threadId: THREAD, turnId: "turn-1", item } });
  await running.clock.advance(40_000);
  await running.fake.say(retry);
  await running.clock.advance(40_000);
  await running.fake.say(turnEnd("turn-1", "completed"));
  await running.clock.advance(100_000);
  assert.equal((await running.until("turn_ended")).outcome, "completed");
  assert.equal(running.seen.includes("disconnected"), false);
  await finish(running);
});

Deno.test("AgentProcess.answer() answers the oldest open question by a label or a decision, and refuses every other answer", async () => {
  const running = start({ approvals: "ask" });
  await open(running);
  await startTurn(running);
  const ask = (id: number, command: string) =>
    running.fake.say({ method: "item/commandExecution/requestApproval", id, params: { threadId: THREAD, command } });
  assert.deepEqual(await running.agent.answer?.({ decision: "approve" }, NEVER), {
    kind: "refused",
    reason: "the agent asks nothing",
  });
  await ask(0, "rm -r build");
  await ask(1, "make");
  const choices = ["Allow", "Allow for this session", "Deny", "Deny and end the turn"];
  assert.deepEqual(await running.until("blocked"), {
    kind: "blocked",
    on: "permission",
    label: "permission",
    detail: "rm -r build",
    choices,
    questionId: "0",
  });
  const stale = await running.agent.answer?.({ decision: "approve", questionId: "7" }, NEVER);
  assert.deepEqual(stale, { kind: "refused", reason: "the agent asks something else by now", choices });
  const unknown = await running.agent.answer?.({ choice: "Maybe" }, NEVER);
  assert.deepEqual(unknown, { kind: "refused", reason: 'this question has no choice "Maybe"', choices });
  const denied = await running.agent.answer?.({ decision: "deny", questionId: "0" }, NEVER);
  assert.deepEqual(denied, { kind: "answered", on: "permission", choice: "Deny" });
  assert.deepEqual((await running.fake.read((sent) => sent.id === 0)).result, { decision: "decline" });
  assert.equal((await running.until("approval")).decision, "decline");
  assert.equal((await running.until("blocked")).detail, "make");
  await running.agent.answer?.({ choice: "allow for this session" }, NEVER);
  assert.deepEqual((await running.fake.read(({ id, result }) => id === 1 && result !== undefined)).result, {
    decision: "acceptForSession",
  });
  assert.equal((await running.until("approval")).decision, "accept");
  assert.equal((await running.until("working")).label, "session");
  await finish(running);
});

Deno.test("AgentProcess.answer() puts the message of a refusal into the running turn", async () => {
  const running = start({ approvals: "ask" });
  await open(running);
  await startTurn(running);
  const params = { threadId: THREAD, command: "make" };
  await running.fake.say({ method: "item/commandExecution/requestApproval", id: 0, params });
  const answered = running.agent.answer?.({ decision: "deny", message: "use ninja" }, NEVER);
  const sent = await serve(running.fake, "turn/steer", { turnId: "turn-1" });
  assert.deepEqual(sent.params, {
    threadId: THREAD,
    expectedTurnId: "turn-1",
    input: [{ type: "text", text: "use ninja" }],
  });
  assert.equal((await answered)?.kind, "answered");
  await finish(running);
});

Deno.test("AgentProcess drops a question that the agent has withdrawn", async () => {
  const running = start({ approvals: "ask" });
  await open(running);
  await startTurn(running);
  const params = { threadId: THREAD, command: "make" };
  await running.fake.say({ method: "item/commandExecution/requestApproval", id: 0, params });
  await running.fake.say({ method: "serverRequest/resolved", params: { threadId: THREAD, requestId: 0 } });
  await running.until("working");
  assert.equal((await running.agent.answer?.({ decision: "deny" }, NEVER))?.kind, "refused");
  await finish(running);
});

Deno.test("AgentProcess.askToStop() interrupts the turn, waits for its end, then closes the input", async () => {
  const running = start();
  await open(running);
  await startTurn(running);
  const stopped = running.agent.askToStop(NEVER);
  await serve(running.fake, "turn/interrupt", {});
  await running.fake.say(turnEnd("turn-1", "interrupted"));
  await stopped;
  await running.fake.inputClosed;
  running.fake.exit({ code: 0 });
  await running.finished;
  assert.equal(running.seen.includes("disconnected"), false);
  await running.agent[Symbol.asyncDispose]();
});

Deno.test("AgentProcess.askToStop() closes the input after a second when the turn does not end", async () => {
  const running = start();
  await open(running);
  await startTurn(running);
  const stopped = running.agent.askToStop(NEVER);
  await running.fake.read(({ method }) => method === "turn/interrupt");
  await running.clock.advance(1000);
  await running.fake.inputClosed;
  running.fake.exit({ code: 0 });
  await stopped;
  await running.finished;
  await running.agent[Symbol.asyncDispose]();
});

Deno.test("AgentProcess reports an agent that leaves in the middle of a turn", async () => {
  const running = start();
  await open(running);
  await startTurn(running);
  running.fake.exit({ code: 0 });
  assert.equal((await running.until("disconnected")).message, "the agent ended in the middle of a turn");
  await running.finished;
  await running.agent[Symbol.asyncDispose]();
});

Deno.test("AgentProcess ignores threads that are not its own", async () => {
  const running = start();
  await open(running);
  await running.fake.say({ method: "turn/started", params: { threadId: "other", turn: { id: "x" } } });
  await running.fake.say({
    method: "turn/completed",
    params: { threadId: "other", turn: { id: "x", status: "failed" } },
  });
  await startTurn(running);
  assert.equal((await running.until("turn_started")).turnId, "turn-1");
  await finish(running);
});

Deno.test("AgentProcess reports the first 20 lines that are not messages", async () => {
  const running = start();
  await open(running);
  for (let n = 0; n < 30; n++) await running.fake.sayBytes(new TextEncoder().encode("noise\n"));
  const item = { type: "malformed_line", problem: "not JSON", excerpt: "noise" };
  assert.deepEqual(await running.until("item_completed"), { kind: "item_completed", item });
  await finish(running);
  assert.equal(running.seen.filter((kind) => kind === "item_completed").length, 20);
});

Deno.test("AgentProcess stops reading the agent while its observations are not read", async () => {
  const fake = createFakeRpcProcess();
  const request = {
    args: [],
    cwd: "/",
    approvals: "auto" as const,
    trust: false,
    env: {},
    isRoot: false,
  };
  const behaviour = codex.behaviour(request);
  await using agent = startRpcAgent(fake.process, behaviour, {
    clock: createFakeClock(),
    approvals: "auto",
    output: () => {},
  });
  await serve(fake, "initialize", {});
  await serve(fake, "thread/start", { thread: { id: THREAD } });
  const note = { method: "account/rateLimits/updated", params: { rateLimits: {} } };
  let taken = 0;
  const flood = (async () => {
    for (; taken < 3000; taken++) await fake.say(note);
  })();
  let read = 0;
  const first = agent.observations[Symbol.asyncIterator]();
  await first.next();
  assert.ok(taken < 1100, `${taken} were read on`);
  for await (const _ of { [Symbol.asyncIterator]: () => first }) {
    read += 1;
    if (read === 2500) break;
  }
  fake.exit({ code: 0 });
  await agent.exit;
  await agent[Symbol.asyncDispose]();
  await flood;
});
