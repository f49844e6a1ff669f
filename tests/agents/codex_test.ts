/**
 * What the Codex adapter relies on, asked of the real program.
 * Nothing leaves the machine: the model is a mock on loopback, home and project are temporary.
 */

import * as assert from "../support/assert.ts";
import { type CodexPlace, DEADLINE_MS, makePlace, NEVER, startCodex } from "../support/codex_session.ts";
import { addFile, type ModelRequest, say, type Script, shell, startMockResponses } from "../support/mock_responses.ts";
import { within } from "../support/within.ts";
import { agentVersion } from "./install.ts";

const FAST_FAILURE = "request_max_retries=0,stream_max_retries=0";

function contract(name: string, run: (place: CodexPlace) => Promise<void>): void {
  Deno.test(`codex: ${name}`, async () => {
    using place = makePlace();
    await run(place);
  });
}

/** First the tool, then a word about what it gave. */
function toolThenSay(first: (request: ModelRequest) => ReturnType<Script>): Script {
  return (request) => request.toolOutputs.length === 0 ? first(request) : say(`tool said: ${request.toolOutputs[0]}`);
}

async function exists(path: string): Promise<boolean> {
  try {
    await Deno.lstat(path);
    return true;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return false;
    throw error;
  }
}

interface Held extends AsyncDisposable {
  /** a shell command that takes long */
  command: string;
  /** Resolves when the command runs. */
  running: Promise<void>;
  /** Resolves when the command, and whatever it started, has ended. */
  gone: Promise<void>;
  isOver(): boolean;
}

/** A command that a reader at the other end of a pipe sees begin, when `beginning` has written there, and end. */
async function makeHeld(place: CodexPlace, { beginning = "echo running", name = "pipe" } = {}): Promise<Held> {
  const path = `${place.project}/${name}`;
  await new Deno.Command("mkfifo", { args: [path] }).output();
  const reader = new Deno.Command("cat", { args: [path], stdin: "null", stdout: "piped" }).spawn();
  const running = Promise.withResolvers<void>();
  let over = false;
  const gone = (async () => {
    for await (const _ of reader.stdout) running.resolve();
    await reader.status;
    over = true;
  })();
  return {
    command: `exec 3>${path}; { ${beginning}; } >&3; sleep 300`,
    running: within(DEADLINE_MS, running.promise, "the start of the command"),
    gone,
    isOver: () => over,
    async [Symbol.asyncDispose]() {
      if (!over) reader.kill("SIGKILL");
      await gone;
    },
  };
}

contract("a turn ends with its words and its tokens", async (place) => {
  await using model = startMockResponses(() => say("hello there"));
  await using codex = startCodex(place, { url: model.url, effort: "high" });
  const usage = { inputTokens: 100, outputTokens: 20, reasoningTokens: 5, cachedTokens: 10, totalTokens: 120 };
  const { turnId, ...end } = await codex.turn("greet me");
  assert.deepEqual(end, { kind: "turn_ended", outcome: "completed", lastMessage: "hello there", usage });
  assert.equal(typeof turnId, "string");
  assert.deepEqual([model.requests[0]?.model, model.requests[0]?.effort], ["gpt-5.5", "high"]);
  const facts = codex.seen.find((signal) => signal.kind === "facts");
  assert.deepEqual(facts, {
    kind: "facts",
    facts: {
      model: "gpt-5.5",
      effort: "high",
      sandbox: "workspaceWrite",
      approval_policy: "on-request",
      agent_version: agentVersion("codex"),
    },
  });
  assert.equal(codex.transcript().includes("› greet me\n\nhello there\n"), true, codex.transcript());
});

contract("two turns on one thread, each with its own tokens", async (place) => {
  await using model = startMockResponses(({ prompt }) => say(`re: ${prompt}`));
  await using codex = startCodex(place, { url: model.url });
  assert.equal((await codex.turn("one")).lastMessage, "re: one");
  const second = await codex.turn("two");
  assert.deepEqual([second.lastMessage, second.usage?.totalTokens], ["re: two", 120]);
  assert.deepEqual(model.requests[1]?.prompts, ["one", "two"]);
});

contract("a command that needs approval runs under auto", async (place) => {
  const made = `${place.project}/made`;
  await using model = startMockResponses(toolThenSay(() => shell(`touch ${made}`, { escalate: true })));
  await using codex = startCodex(place, { url: model.url });
  const end = await codex.turn("touch it");
  assert.equal(await exists(made), true, codex.transcript());
  assert.deepEqual([end.outcome, end.detail], ["completed", undefined]);
  assert.deepEqual(codex.seen.find((signal) => signal.kind === "approval"), {
    kind: "approval",
    approval: "command",
    command: `touch ${made}`,
    decision: "accept",
    by: "policy",
  });
});

contract("a command that needs approval does not run under deny, and the end says so", async (place) => {
  const made = `${place.project}/made`;
  await using model = startMockResponses(toolThenSay(() => shell(`touch ${made}`, { escalate: true })));
  await using codex = startCodex(place, { url: model.url, approvals: "deny" });
  const end = await codex.turn("touch it");
  assert.equal(await exists(made), false);
  assert.deepEqual([end.outcome, end.detail], ["completed", `not done: declined: touch ${made}`]);
});

for (const { choice, runs } of [{ choice: "Allow", runs: true }, { choice: "Deny", runs: false }]) {
  contract(`a command waits for its answer under ask: ${choice}`, async (place) => {
    const made = `${place.project}/made`;
    await using model = startMockResponses(toolThenSay(() => shell(`touch ${made}`, { escalate: true })));
    await using codex = startCodex(place, { url: model.url, approvals: "ask" });
    const turn = codex.turn("touch it");
    const ended = turn.then(() => "ended");
    const first = await Promise.race([codex.until("blocked"), ended]);
    assert.notEqual(first, "ended");
    assert.equal(await exists(made), false);
    const answered = await codex.agent.answer?.({ choice }, NEVER);
    assert.deepEqual(answered, { kind: "answered", on: "permission", choice });
    assert.equal((await turn).outcome, "completed");
    assert.equal(await exists(made), runs);
  });
}

contract("a question that nobody answers is freed by an interrupt", async (place) => {
  await using model = startMockResponses(toolThenSay(() => shell("true", { escalate: true })));
  await using codex = startCodex(place, { url: model.url, approvals: "ask" });
  await codex.until("ready");
  await codex.send("do it");
  await codex.until("blocked");
  await codex.agent.interrupt(NEVER);
  assert.equal((await codex.until("turn_ended")).outcome, "interrupted");
  assert.equal((await codex.agent.answer?.({ decision: "approve" }, NEVER))?.kind, "refused");
});

for (
  const { approvals, changes } of [{ approvals: "auto", changes: true }, { approvals: "deny", changes: false }] as const
) {
  contract(`a file change outside the sandbox under ${approvals}`, async (place) => {
    const path = `${place.project}/new.txt`;
    await using model = startMockResponses(toolThenSay(() => addFile(path, "fresh")));
    await using codex = startCodex(place, { url: model.url, approvals, args: ["-s", "read-only"] });
    const end = await codex.turn("write it");
    assert.equal(await exists(path), changes, codex.transcript());
    assert.equal(end.detail, changes ? undefined : `not done: declined: change of ${path}`);
    assert.equal(codex.transcript().includes(changes ? `changed\n  A ${path}` : `change declined\n  A ${path}`), true);
  });
}

/** Arguments that give Codex the MCP server of this test suite. */
function withMcp(): string[] {
  const server = new URL("../support/mcp_server.ts", import.meta.url).pathname;
  const args = JSON.stringify(["run", "--no-config", "--no-lock", "--no-remote", server]);
  return ["-c", `mcp_servers.asker={command=${JSON.stringify(Deno.execPath())},args=${args},required=true}`];
}

const askTool: Script = toolThenSay(() => ({
  kind: "parts",
  parts: [{ kind: "call", name: "ask", namespace: "mcp__asker", args: {} }],
}));

contract("an MCP tool is allowed and its form declined under auto", async (place) => {
  await using model = startMockResponses(askTool);
  await using codex = startCodex(place, { url: model.url, args: withMcp() });
  const end = await codex.turn("ask me");
  assert.equal(end.lastMessage?.includes('answered {\\"action\\":\\"decline\\"'), true, `${end.lastMessage}`);
  const decisions = codex.seen.flatMap((signal) =>
    signal.kind === "approval" ? [[signal.approval, signal.decision]] : []
  );
  assert.deepEqual(decisions, [["mcp_tool_call", "accept"], ["mcp_elicitation", "decline"]]);
});

contract("an MCP tool and its form wait for answers under ask", async (place) => {
  await using model = startMockResponses(askTool);
  await using codex = startCodex(place, { url: model.url, approvals: "ask", args: withMcp() });
  await codex.until("ready");
  await codex.send("ask me");
  assert.equal((await codex.until("blocked")).on, "permission");
  await codex.agent.answer?.({ decision: "approve" }, NEVER);
  assert.equal((await codex.until("blocked")).on, "question");
  await codex.agent.answer?.({ message: "Ada" }, NEVER);
  const end = await codex.until("turn_ended");
  assert.equal(end.lastMessage?.includes('\\"content\\":{\\"name\\":\\"Ada\\"}'), true, `${end.lastMessage}`);
});

/** Codex itself would leave a command alive that has run this long when its turn is interrupted; see terminals.ts. */
const SETTLED_COMMAND = "sleep 1; echo running";

contract("an interrupt ends the turn and its command at once", async (place) => {
  await using held = await makeHeld(place, { beginning: SETTLED_COMMAND });
  await using model = startMockResponses(toolThenSay(() => shell(held.command)));
  await using codex = startCodex(place, { url: model.url });
  await codex.until("ready");
  await codex.send("wait long");
  await held.running;
  await codex.agent.interrupt(NEVER);
  assert.equal((await codex.until("turn_ended")).outcome, "interrupted");
  await within(DEADLINE_MS, held.gone, "the end of the command");
});

contract("an interrupt leaves alone what an earlier turn left running", async (place) => {
  await using server = await makeHeld(place, { name: "server" });
  await using held = await makeHeld(place, { beginning: SETTLED_COMMAND });
  await using model = startMockResponses(
    toolThenSay(({ prompt }) => prompt === "serve" ? shell(server.command, { yieldMs: 250 }) : shell(held.command)),
  );
  await using codex = startCodex(place, { url: model.url });
  assert.equal((await codex.turn("serve")).outcome, "completed");
  await codex.send("wait long");
  await held.running;
  await codex.agent.interrupt(NEVER);
  await within(DEADLINE_MS, held.gone, "the end of the command");
  assert.equal(server.isOver(), false);
  await codex.agent.askToStop(NEVER);
  await within(DEADLINE_MS, server.gone, "the end of the other command");
});

contract("a stop in the middle of a command leaves nothing behind", async (place) => {
  await using held = await makeHeld(place);
  await using model = startMockResponses(toolThenSay(() => shell(held.command)));
  await using codex = startCodex(place, { url: model.url });
  await codex.until("ready");
  await codex.send("wait long");
  await held.running;
  await codex.agent.askToStop(NEVER);
  assert.deepEqual(await codex.agent.exit, { code: 0 });
  await within(DEADLINE_MS, held.gone, "the end of the command");
  assert.equal(codex.seen.some((signal) => signal.kind === "disconnected"), false);
});

contract("a forced message steers the running turn", async (place) => {
  await using model = startMockResponses(({ prompts }) =>
    prompts.length === 1 ? { kind: "hang", text: "thinking" } : say("steered")
  );
  await using codex = startCodex(place, { url: model.url });
  await codex.until("ready");
  const first = await codex.send("start");
  await codex.until("turn_started");
  const second = await codex.send("other way", { force: true });
  assert.equal(second.kind === "accepted" ? second.turnId : "", first.kind === "accepted" ? first.turnId : "none");
  const end = await codex.until("turn_ended");
  assert.deepEqual([end.outcome, end.lastMessage], ["completed", "steered"]);
});

for (const status of [400, 401, 429, 500]) {
  contract(`HTTP ${status} fails the turn with Codex's own words, and the thread goes on`, async (place) => {
    await using model = startMockResponses(({ prompt }) =>
      prompt === "fail" ? { kind: "status", status } : say("fine")
    );
    await using codex = startCodex(place, { url: model.url, provider: FAST_FAILURE });
    const end = await codex.turn("fail");
    assert.equal(end.outcome, "failed");
    const told = codex.seen.find((signal) => signal.kind === "disconnected");
    assert.deepEqual(told, { kind: "disconnected", source: "error_notification", message: end.detail });
    assert.equal((await codex.turn("again")).lastMessage, "fine");
  });
}

contract("a stream that drops once recovers and is no disconnect", async (place) => {
  await using model = startMockResponses(({ attempt }) =>
    attempt === 1 ? { kind: "drop", text: "half" } : say("whole")
  );
  await using codex = startCodex(place, { url: model.url });
  const end = await codex.turn("talk");
  assert.deepEqual([end.outcome, end.lastMessage], ["completed", "whole"]);
  assert.equal(codex.seen.some((signal) => signal.kind === "disconnected"), false);
  assert.equal(codex.transcript().includes("! Reconnecting... 1/5"), true);
});

contract("a stream that always drops fails the turn", async (place) => {
  await using model = startMockResponses(() => ({ kind: "drop", text: "half" }));
  await using codex = startCodex(place, { url: model.url, provider: "stream_max_retries=1" });
  assert.equal((await codex.turn("talk")).outcome, "failed");
  assert.equal(model.requests.length, 2);
});

contract("a refused connection ends the turn after the limit, not never", async (place) => {
  const closed = startMockResponses(() => say("never"));
  await closed[Symbol.asyncDispose]();
  await using codex = startCodex(place, { url: closed.url, limits: { retryStreakMs: 500 } });
  const end = await codex.turn("talk");
  assert.equal(end.outcome, "failed");
  assert.match(end.detail ?? "", /^the agent kept retrying for \d+ s: Reconnecting/);
  const told = codex.seen.filter((signal) => signal.kind === "disconnected");
  assert.deepEqual(told, [{ kind: "disconnected", source: "error_notification", message: end.detail }]);
});

for (
  const { signal, exit } of [
    { signal: "SIGTERM", exit: { code: 0 } },
    { signal: "SIGKILL", exit: { code: 137, signal: 9 } },
  ] as const
) {
  contract(`${signal} in the middle of a turn is a disconnect`, async (place) => {
    await using model = startMockResponses(() => ({ kind: "hang", text: "thinking" }));
    await using codex = startCodex(place, { url: model.url });
    await codex.until("ready");
    await codex.send("talk");
    await codex.until("turn_started");
    codex.process.kill(signal);
    assert.equal((await codex.until("disconnected")).source, "transport");
    assert.deepEqual(await codex.agent.exit, exit);
    assert.deepEqual(codex.seen.slice(-2).map(({ kind }) => kind), ["disconnected", "exited"]);
  });
}

contract("resume goes on with the thread of a killed process, and counts only its own tokens", async (place) => {
  await using model = startMockResponses(({ prompt }) => say(`re: ${prompt}`));
  let thread = "";
  {
    await using codex = startCodex(place, { url: model.url });
    await codex.turn("before");
    const found = codex.seen.find((signal) => signal.kind === "resumable");
    thread = found?.kind === "resumable" ? found.agentSessionId : assert.fail("no thread");
    codex.process.kill("SIGKILL");
    await codex.agent.exit;
  }
  await using codex = startCodex(place, { url: model.url, args: ["resume", thread] });
  const end = await codex.turn("after");
  assert.deepEqual([end.lastMessage, end.usage?.totalTokens], ["re: after", 120]);
  assert.deepEqual(model.requests.at(-1)?.prompts, ["before", "after"]);
  const usage = codex.seen.findLast((signal) => signal.kind === "usage");
  assert.equal(usage?.kind === "usage" ? usage.usage.totalTokens : 0, 120);
});

contract("an unknown session to resume is told in Codex's own words", async (place) => {
  await using model = startMockResponses(() => say("never"));
  const id = "01a20469-90df-79d0-935e-aa58388ed600";
  await using codex = startCodex(place, { url: model.url, args: ["resume", id] });
  assert.match((await codex.until("disconnected")).message ?? "", /no rollout found for thread id/);
});

contract("a bad flag ends it with exit code 2 and Codex's own words", async (place) => {
  await using codex = startCodex(place, { url: "http://127.0.0.1:1", argv: ["codex", "app-server", "--bogus"] });
  assert.equal((await codex.until("disconnected")).message, "error: unexpected argument '--bogus' found");
  assert.deepEqual(await codex.agent.exit, { code: 2 });
});

contract("a bad setting ends it with exit code 1 and Codex's own words", async (place) => {
  await using codex = startCodex(place, { url: "http://127.0.0.1:1", args: ["-c", "sandbox_mode=foo"] });
  const { message } = await codex.until("disconnected");
  assert.match(message ?? "", /^Error: unknown variant `foo`, expected one of .*in `sandbox_mode`$/);
  assert.deepEqual(await codex.agent.exit, { code: 1 });
});

contract("what the TUI's flags become takes effect", async (place) => {
  await using model = startMockResponses(() => say("hi"));
  await using codex = startCodex(place, { url: model.url, args: ["--yolo", "--add-dir", "/srv"] });
  await codex.until("ready");
  const facts = codex.seen.find((signal) => signal.kind === "facts");
  assert.deepEqual(facts?.kind === "facts" ? [facts.facts.sandbox, facts.facts.approval_policy] : [], [
    "dangerFullAccess",
    "never",
  ]);
});
