/**
 * The main job with harnex and the real Codex: a task, messages, a question, an interrupt and a stop; over JSON-RPC
 * and with the TUI.
 */

import { deepEqual, equal, match, ok } from "../support/assert.ts";
import { setCodexStage } from "../support/codex_stage.ts";
import { say, shell } from "../support/mock_responses.ts";
import { tempDir } from "../support/temp.ts";
import { hasTmux } from "../support/tmux_server.ts";
import { isRunning, listTraces, untilGone } from "../support/traces.ts";
import { until } from "../support/until.ts";

/** How soon everything of a killed agent has to be gone. */
const GONE_MS = 3_000;

function typesOf(events: readonly Record<string, unknown>[]): unknown[] {
  return events.map(({ type }) => type);
}

Deno.test("codex: a dispatched task is done, told and accounted for", async () => {
  await using stage = setCodexStage(({ toolOutputs }) =>
    toolOutputs.length === 0 ? shell("echo made > made.txt") : say("done")
  );
  const task = ["--id", "c1", "--detach", "--context", "make it", "--auto-stop"];
  const meta = ["--meta", '{"model":"gpt-5.4","effort":"high"}'];
  await stage.answer(0, "run", "codex", ...task, ...meta);
  const record = await stage.answer(0, "wait", "--id", "c1");
  const asked = stage.model.requests.map(({ model, effort }) => [model, effort]);
  deepEqual(asked, asked.map(() => ["gpt-5.4", "high"]), "model and effort that --meta named");
  const { actual } = JSON.parse(
    await Deno.readTextFile(`${stage.sandbox.stateDir}/dispatches.jsonl`).then((text) =>
      text.trim().split("\n").at(-1) ?? ""
    ),
  );
  deepEqual([actual.model, actual.effort], ["gpt-5.4", "high"]);
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

Deno.test("codex killed in the middle of a command leaves no orphan, and wait says that it was disconnected", async () => {
  await using stage = setCodexStage(({ toolOutputs }) => toolOutputs.length === 0 ? shell("sleep 300") : say("never"));
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
    await using stage = setCodexStage(({ prompt }) => say(`seen: ${prompt}`));
    using socket = tempDir();
    const env = { TMUX_TMPDIR: socket.path };
    const { answer } = stage.in(env);
    try {
      await answer(0, "run", "codex", "--id", "ct", "--tmux");
      await answer(0, "send", "--id", "ct", "--wait-for-idle", "hello window");
      const pane = await answer(0, "pane", "--id", "ct", "--json");
      equal(pane["source"], "tmux");
      match(String(pane["text"]), /^seen: hello window$/m);
      await answer(0, "stop", "--id", "ct", "--wait");
    } finally {
      await new Deno.Command("tmux", { args: ["kill-server"], env, stderr: "null" }).output();
    }
  },
});

for (const { flags, name } of [{ flags: [], name: "JSON-RPC" }, { flags: ["--legacy-pty"], name: "the TUI" }]) {
  Deno.test(`codex over ${name}: a question blocks until it is answered, and a stop leaves nothing`, async () => {
    await using stage = setCodexStage(({ prompt, toolOutputs }) => {
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
    const { text } = await answer(0, "pane", "--id", "c3", "--json");
    match(String(text), /^› yes$/m);
    await answer(0, "send", "--id", "c3", "wait");
    await answer(0, "wait", "--id", "c3", "--until", "busy");
    const pid = (await stage.events("c3")).find(({ type }) => type === "started")?.["pid"];
    const stopped = await answer(0, "stop", "--id", "c3", "--wait");
    equal(stopped["reason"], "stopped");
    ok(typeof pid === "number" && !isRunning(pid), `process ${pid} still runs`);
  });
}

Deno.test("codex: a setting that it refuses is a boot failure in its own words", async () => {
  await using stage = setCodexStage(() => say("never"));
  await stage.answer(0, "run", "codex", "--id", "c4", "--detach", "--", "-c", "sandbox_mode=foo");
  const record = await stage.answer(1, "wait", "--id", "c4");
  equal(record["reason"], "boot_failure");
  const told = (await stage.events("c4")).find(({ type }) => type === "disconnected");
  ok(String(told?.["message"]).startsWith("Error: unknown variant `foo`"), JSON.stringify(told));
});
