/**
 * The main job with harnex and the real Codex: a task, messages, a question, an interrupt and a stop; over JSON-RPC
 * and with the TUI.
 */

import { dirname } from "node:path";
import { deepEqual, equal, ok } from "../support/assert.ts";
import { createSandbox, type Sandbox } from "../support/cli.ts";
import { compiledHarnex } from "../support/compiled.ts";
import { type MockResponses, say, shell, startMockResponses } from "../support/mock_responses.ts";
import { tempDir } from "../support/temp.ts";
import { hasTmux } from "../support/tmux_server.ts";
import { isRunning, listTraces, untilGone } from "../support/traces.ts";
import { until } from "../support/until.ts";
import { agentPath } from "./install.ts";

/** A turn takes about 50 ms. */
const MANY_MESSAGES = 200;
/** Queued at a time; the inbox takes 64 and refuses more. */
const QUEUED_AT_ONCE = 50;
/** How soon everything of a killed agent has to be gone. */
const GONE_MS = 3_000;

interface Stage extends AsyncDisposable {
  sandbox: Sandbox;
  model: MockResponses;
  /** Runs harnex and gives its JSON answer; fails on another exit code. */
  answer(code: number, ...args: string[]): Promise<Record<string, unknown>>;
  events(id: string): Promise<Record<string, unknown>[]>;
  /** The same with more in the environment. */
  in(env: Readonly<Record<string, string>>): Pick<Stage, "answer">;
}

function setStage(script: Parameters<typeof startMockResponses>[0]): Stage {
  const sandbox = createSandbox();
  const model = startMockResponses(script);
  const home = `${sandbox.home}/.codex`;
  Deno.mkdirSync(home);
  Deno.writeTextFileSync(
    `${home}/config.toml`,
    [
      'model = "gpt-5.5"',
      'model_provider = "mock"',
      "[model_providers.mock]",
      'name = "mock"',
      `base_url = "${model.url}"`,
      'wire_api = "responses"',
      "[notice.model_migrations]",
      '"gpt-5.5" = "gpt-6-sol"',
      "",
    ].join("\n"),
  );
  const env = { CODEX_HOME: home, PATH: `${dirname(agentPath("codex"))}:${Deno.env.get("PATH")}` };
  async function run(code: number, args: readonly string[], more: Readonly<Record<string, string>> = {}) {
    const result = await sandbox.run(args, { env: { ...env, ...more }, program: compiledHarnex(), timeoutMs: 60_000 });
    equal(result.code, code, `harnex ${args.join(" ")}\n${result.stdout}\n${result.stderr}`);
    return result.stdout;
  }
  return {
    sandbox,
    model,
    answer: async (code, ...args) => JSON.parse(await run(code, args)),
    in: (more) => ({ answer: async (code, ...args) => JSON.parse(await run(code, args, more)) }),
    events: async (id) =>
      (await run(0, ["events", "--id", id, "--snapshot"])).trim().split("\n").map((line) => JSON.parse(line)),
    async [Symbol.asyncDispose]() {
      await sandbox[Symbol.asyncDispose]();
      await model[Symbol.asyncDispose]();
    },
  };
}

function typesOf(events: readonly Record<string, unknown>[]): unknown[] {
  return events.map(({ type }) => type);
}

Deno.test("codex: a dispatched task is done, told and accounted for", async () => {
  await using stage = setStage(({ toolOutputs }) =>
    toolOutputs.length === 0 ? shell("echo made > made.txt") : say("done")
  );
  const task = ["--id", "c1", "--detach", "--context", "make it", "--auto-stop"];
  await stage.answer(0, "run", "codex", ...task);
  const record = await stage.answer(0, "wait", "--id", "c1");
  deepEqual([record["exit_code"], record["reason"]], [0, "success"]);
  equal(await Deno.readTextFile(`${stage.sandbox.project}/made.txt`), "made\n");
  const events = await stage.events("c1");
  deepEqual(typesOf(events).filter((type) => type !== "state" && type !== "queued" && type !== "item_completed"), [
    "started",
    "send",
    "turn_started",
    "task_complete",
    "stop_requested",
    "usage",
    "summary",
    "exited",
  ]);
  const complete = events.find(({ type }) => type === "task_complete");
  const usage = { input_tokens: 200, output_tokens: 40, reasoning_tokens: 10, cached_tokens: 20, total_tokens: 240 };
  deepEqual([complete?.["last_message"], complete?.["tokenUsage"]], ["done", usage]);
});

Deno.test("codex: many messages become as many turns, each once and in order", async () => {
  await using stage = setStage(({ prompt }) => say(`re: ${prompt}`));
  await stage.answer(0, "run", "codex", "--id", "c2", "--detach");
  await stage.answer(0, "wait", "--id", "c2", "--until", "prompt");
  const texts = Array.from({ length: MANY_MESSAGES }, (_, n) => `message ${n}`);
  for (const [index, text] of texts.entries()) {
    const how = (index + 1) % QUEUED_AT_ONCE === 0 ? "--wait-for-idle" : "--no-wait";
    await stage.answer(0, "send", "--id", "c2", how, text);
  }
  deepEqual(stage.model.requests.map(({ prompt }) => prompt), texts);
  const events = await stage.events("c2");
  const turns = events.filter(({ type }) => type === "task_complete").map((event) => event["last_message"]);
  deepEqual(turns, texts.map((text) => `re: ${text}`));
  await stage.answer(0, "stop", "--id", "c2", "--wait");
});

Deno.test("codex killed in the middle of a command leaves no orphan, and wait says that it was disconnected", async () => {
  await using stage = setStage(({ toolOutputs }) => toolOutputs.length === 0 ? shell("sleep 300") : say("never"));
  const { answer } = stage;
  await answer(0, "run", "codex", "--id", "ck", "--detach");
  await answer(0, "send", "--id", "ck", "go");
  const [started] = await stage.events("ck");
  const [pid, sessionId] = [Number(started?.["pid"]), String(started?.["session_id"])];
  const sleeps = async () => (await listTraces(sessionId)).some(({ command }) => /sleep 300$/.test(command));
  await until(20_000, async () => await sleeps() || undefined, "the command");
  Deno.kill(pid, "SIGKILL");
  const record = await answer(137, "wait", "--id", "ck", "--timeout", "30");
  deepEqual([record["reason"], record["signal"]], ["disconnected", 9]);
  const took = await untilGone(sessionId, { pids: [pid], limitMs: GONE_MS });
  console.log(`ck: the last process vanished ${took} ms after wait`);
});

Deno.test({
  name: "codex in a tmux window shows its transcript there",
  ignore: !hasTmux(),
  fn: async () => {
    await using stage = setStage(({ prompt }) => say(`seen: ${prompt}`));
    using socket = tempDir();
    const env = { TMUX_TMPDIR: socket.path };
    const { answer } = stage.in(env);
    try {
      await answer(0, "run", "codex", "--id", "ct", "--tmux");
      await answer(0, "send", "--id", "ct", "--wait-for-idle", "hello window");
      const pane = await answer(0, "pane", "--id", "ct", "--json");
      equal(pane["source"], "tmux");
      const lines = Array.isArray(pane["lines"]) ? pane["lines"] : [];
      ok(lines.includes("seen: hello window"), JSON.stringify(lines));
      await answer(0, "stop", "--id", "ct", "--wait");
    } finally {
      await new Deno.Command("tmux", { args: ["kill-server"], env, stderr: "null" }).output();
    }
  },
});

for (const { flags, name } of [{ flags: [], name: "JSON-RPC" }, { flags: ["--legacy-pty"], name: "the TUI" }]) {
  Deno.test(`codex over ${name}: a question blocks until it is answered, and a stop leaves nothing`, async () => {
    await using stage = setStage(({ prompt, toolOutputs }) => {
      if (toolOutputs.length > 0) return say("tool done");
      return prompt === "wait" ? { kind: "hang", text: "" } : shell(`touch ${prompt}`, { escalate: true });
    });
    const { answer, sandbox } = stage;
    const made = (file: string) => [...Deno.readDirSync(sandbox.project)].some((entry) => entry.name === file);
    await answer(0, "run", "codex", ...flags, "--id", "c3", "--detach", "--approvals", "ask");
    await answer(0, "wait", "--id", "c3", "--until", "prompt");
    for (const { file, decision } of [{ file: "no", decision: "--deny" }, { file: "yes", decision: "--approve" }]) {
      await answer(0, "send", "--id", "c3", file);
      await answer(0, "wait", "--id", "c3", "--until", "blocked", "--timeout", "20");
      equal(made(file), false);
      await answer(0, "answer", "--id", "c3", decision);
      await answer(0, "wait", "--id", "c3", "--until", "prompt", "--timeout", "20");
      equal(made(file), decision === "--approve");
    }
    await answer(0, "send", "--id", "c3", "wait");
    await answer(0, "wait", "--id", "c3", "--until", "busy");
    const pid = (await stage.events("c3")).find(({ type }) => type === "started")?.["pid"];
    const stopped = await answer(0, "stop", "--id", "c3", "--wait");
    equal(stopped["reason"], "stopped");
    ok(typeof pid === "number" && !isRunning(pid), `process ${pid} still runs`);
  });
}

Deno.test("codex: a setting that it refuses is a boot failure in its own words", async () => {
  await using stage = setStage(() => say("never"));
  await stage.answer(0, "run", "codex", "--id", "c4", "--detach", "--", "-c", "sandbox_mode=foo");
  const record = await stage.answer(1, "wait", "--id", "c4");
  equal(record["reason"], "boot_failure");
  const told = (await stage.events("c4")).find(({ type }) => type === "disconnected");
  ok(String(told?.["message"]).startsWith("Error: unknown variant `foo`"), JSON.stringify(told));
});
