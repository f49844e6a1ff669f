/**
 * How sessions with the real Claude Code end when nobody asks them nicely: the host killed, the agent killed, the
 * one task done. Nothing is left, and who asks is told the truth.
 */

import { deepEqual, equal, match, ok } from "../support/assert.ts";
import { type ClaudeStage, setStage, type Started } from "../support/claude_session.ts";
import { isListening, untilTraced } from "../support/traces.ts";

/** A killed host or agent may leave the others running for this long. */
const GONE_MS = 3_000;

/** Starts a turn with a tool that would run for five minutes; gives the tool's pid. */
async function startTool(stage: ClaudeStage, session: Started): Promise<number> {
  const id = String(session.answer["id"]);
  await stage.answer(0, "send", "--id", id, "--message", "SHELL echo $$ > tool.pid; exec sleep 300");
  const tool = Number(await stage.appears("tool.pid"));
  await untilTraced(session.sessionId, tool);
  return tool;
}

for (const mode of ["--detach", "--tmux"] as const) {
  Deno.test(`claude ${mode}: the host killed while a tool runs takes everything with it, and wait says lost`, async () => {
    await using stage = await setStage();
    const session = await stage.start(mode, "h1");
    await startTool(stage, session);
    const waiting = stage.answer(1, "wait", "--id", "h1", "--timeout", "60");
    Deno.kill(session.hostPid, "SIGKILL");
    const goneMs = await session.untilGone(GONE_MS);
    console.log(`${mode}: the last process vanished ${goneMs} ms after the host was killed`);
    equal((await waiting)["reason"], "lost");
    equal((await stage.answer(1, "wait", "--id", "h1"))["reason"], "lost");
    deepEqual(JSON.parse((await stage.run("status", "--json")).stdout), []);
    equal(await isListening(session.port), false);
  });
}

Deno.test("claude killed in mid-turn is told as disconnected, and its tool ends too", async () => {
  await using stage = await setStage();
  const session = await stage.start("--detach", "d1");
  await startTool(stage, session);
  Deno.kill(session.agentPid, "SIGKILL");
  const ended = await stage.answer(137, "wait", "--id", "d1", "--timeout", "60");
  deepEqual([ended["reason"], ended["exit_code"], ended["signal"]], ["disconnected", 137, 9]);
  const goneMs = await session.untilGone(GONE_MS);
  console.log(`the last process vanished ${goneMs} ms after the end was told`);
  deepEqual(stage.record("exits"), ended);
  equal(stage.record("sessions"), undefined);
});

Deno.test("claude with --context and --auto-stop does its one turn, stops after it and not before, and wait gives 0", async () => {
  await using stage = await setStage();
  const context = ["--context", "DELAY 2 SAY one shot", "--auto-stop"];
  const session = await stage.start("--detach", "a1", ...context);
  const ended = await stage.answer(0, "wait", "--id", "a1", "--timeout", "60");
  equal(ended["reason"], "success");
  const { requests } = stage.mock;
  deepEqual(requests.map(({ text }) => text), ["[harnex session id=a1] DELAY 2 SAY one shot"]);
  const events = await stage.events("a1");
  const story = events.map(({ type }) => type).filter((type) => type !== "state");
  deepEqual(story, ["started", "turn_started", "task_complete", "stop_requested", "usage", "summary", "exited"]);
  const stoppedAt = Date.parse(events.find(({ type }) => type === "stop_requested")?.ts ?? "");
  const lag = stoppedAt - (requests[0]?.answeredAt ?? Infinity);
  console.log(`--auto-stop asked to stop ${lag} ms after the model's last byte`);
  ok(lag >= 0, `stopped ${-lag} ms before the model had answered`);
  await session.untilGone(GONE_MS);
  match((await stage.run("logs", "--plain", "--id", "a1")).stdout, /● one shot/);
});
