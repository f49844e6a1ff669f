/**
 * The main job with the compiled harnex and the real Claude Code: start, send, wait, look, stop; in the background
 * and in tmux.
 */

import { deepEqual, equal, match, ok } from "../support/assert.ts";
import { type ClaudeStage, setStage, type Started } from "../support/claude_session.ts";
import { isListening, listTraces, untilTraced } from "../support/traces.ts";

/** `send --wait-for-idle` may return this much after the model's last byte, and no sooner than that byte. */
const IDLE_LAG_MS = 1_000;
/** How long the last process of a stopped session may take to vanish after the session's end was told. */
const VANISH_MS = 2_000;

for (const mode of ["--detach", "--tmux"] as const) {
  Deno.test(`claude ${mode}: started, given tasks, looked at and stopped`, async (t) => {
    await using stage = await setStage();
    const { mock, answer } = stage;
    const w1 = await stage.start(mode, "w1");
    equal(w1.answer["mode"], mode === "--tmux" ? "tmux" : "headless");

    await t.step("send --wait-for-idle returns when the turn has ended", async () => {
      const sent = await answer(0, "send", "--id", "w1", "--message", "DELAY 3 SAY pelican", "--wait-for-idle");
      const lag = Date.now() - (mock.requests[0]?.answeredAt ?? Infinity);
      deepEqual([sent["ok"], sent["state"]], [true, "prompt"]);
      console.log(`${mode}: send --wait-for-idle returned ${lag} ms after the model's last byte`);
      ok(lag >= 0, `returned ${-lag} ms before the model had answered`);
      ok(lag <= IDLE_LAG_MS, `returned ${lag} ms after the model had answered`);
      deepEqual(mock.requests.map(({ text }) => text), ["DELAY 3 SAY pelican"]);
    });

    await t.step("pane, logs and events tell the story", async () => {
      for (const args of [["pane"], ["logs", "--plain"]]) {
        const { code, stdout } = await stage.run(...args, "--id", "w1");
        equal(code, 0);
        match(stdout, /^❯ DELAY 3 SAY pelican$/m);
        match(stdout, /^● pelican$/m);
        equal(stdout.includes("\x1b"), false);
      }
      const pane = await answer(0, "pane", "--id", "w1", "--json");
      equal(pane["source"], mode === "--tmux" ? "tmux" : "screen");
      // Whether the message had to wait for the prompt depends on how fast the agent starts.
      const events = (await stage.events("w1")).filter(({ type }) => type !== "queued");
      deepEqual(storyOf(events), [
        "started",
        "state unknown → prompt",
        "state prompt → busy",
        "send DELAY 3 SAY pelican",
        "turn_started",
        "task_complete completed",
        "state busy → prompt",
      ]);
    });

    await t.step("a message of 20 KB with line breaks and emoji arrives byte for byte", async () => {
      const text = longText(20 * 1024);
      await answer(0, "send", "--id", "w1", "--message", text, "--wait-for-idle");
      const arrived = mock.requests[1]?.text ?? "";
      console.log(`${mode}: ${sizeOf(text)} bytes sent, ${sizeOf(arrived)} arrived`);
      ok(arrived === text, `what arrived begins ${JSON.stringify(arrived.slice(0, 200))}`);
    });

    await t.step("two quick sends arrive once each and in order", async () => {
      const seq = (await stage.events("w1")).at(-1)?.seq ?? 0;
      await answer(0, "send", "--id", "w1", "--message", "DELAY 1 SAY first", "--no-wait");
      const second = await answer(0, "send", "--id", "w1", "--message", "SAY second", "--no-wait");
      equal(second["status"], "queued");
      const turn = ["wait", "--id", "w1", "--until", "task_complete", "--timeout", "60", "--since"];
      const first = await answer(0, ...turn, String(seq + 1));
      await answer(0, ...turn, String(Number(first["seq"]) + 1));
      deepEqual(mock.requests.slice(2).map(({ text }) => text), ["DELAY 1 SAY first", "SAY second"]);
    });

    await t.step("logs --plain still tells the first turn", async () => {
      const { stdout } = await stage.run("logs", "--plain", "--lines", "10000", "--id", "w1");
      const rows = stdout.split("\n");
      const told = ["● pelican", "❯ DELAY 1 SAY first", "● first", "❯ SAY second", "● second"];
      deepEqual(told.map((row) => rows.filter((one) => one === row).length), told.map(() => 1), stdout);
    });

    await t.step("stop leaves nothing but the account of the session", async () => {
      ok((await listTraces(w1.sessionId)).length > 0, "its processes are not found while it runs");
      await stopAndAssertGone(stage, w1, { exit_code: 0, injected_count: 4, reason: "success" });
    });
  });

  Deno.test(`claude ${mode}: stop while a tool runs ends the tool too`, async () => {
    await using stage = await setStage();
    const w2 = await stage.start(mode, "w2");
    await stage.answer(0, "send", "--id", "w2", "--message", "SHELL echo $$ > tool.pid; exec sleep 300");
    const tool = Number(await stage.appears("tool.pid"));
    await untilTraced(w2.sessionId, tool);
    await stopAndAssertGone(stage, w2, { exit_code: 0, injected_count: 1, reason: "stopped" });
  });
}

async function stopAndAssertGone(
  stage: ClaudeStage,
  session: Started,
  expected: { exit_code: number; injected_count: number; reason: string },
): Promise<void> {
  const id = String(session.answer["id"]);
  const startedAt = Date.now();
  deepEqual(await stage.answer(0, "stop", "--id", id), { ok: true, signal: "exit_sequence_sent" });
  const ended = await stage.answer(expected.exit_code, "wait", "--id", id, "--timeout", "60");
  const tookMs = Date.now() - startedAt;
  const { started_at: _started, exited_at: _exited, repo_root: _root, ...account } = ended;
  deepEqual(account, { ok: true, id, cli: "claude", session_id: session.sessionId, ...expected });
  const vanishMs = await session.untilGone(VANISH_MS);
  console.log(`${id}: stopped in ${tookMs} ms; the last process vanished ${vanishMs} ms after that`);
  deepEqual(stage.record("exits"), ended);
  equal(stage.record("sessions"), undefined);
  equal(await isListening(session.port), false, `port ${session.port} is still open`);
  deepEqual(JSON.parse((await stage.run("status", "--json")).stdout), []);
  equal((await stage.events(id)).at(-1)?.type, "exited");
}

/** Each event as its type and what distinguishes it. */
function storyOf(events: readonly Readonly<Record<string, unknown>>[]): string[] {
  return events.map(({ type, from, to, msg, status }) => {
    const what = type === "state" ? `${from} → ${to}` : msg ?? status;
    return what === undefined ? `${type}` : `${type} ${what}`;
  });
}

/** Lines of different lengths, with what breaks when bytes or surrogates are counted wrongly. */
function longText(size: number): string {
  // accents composed and not, Han, a family joined of four emoji, a flag of two letters
  const hard =
    "na\u00efve e\u0301 \u6f22\u5b57 \u{1f469}\u200d\u{1f469}\u200d\u{1f467}\u200d\u{1f466} \u{1f1ea}\u{1f1fa} ";
  const lines: string[] = ["A long task:"];
  for (let line = 1; sizeOf(lines.join("\n")) < size; line++) {
    lines.push(
      `${line}. ${hard.repeat(line % 4)}\`code\` "quotes" $HOME \\n`,
      ...(line % 5 === 0 ? ["", "  indented"] : []),
    );
  }
  return `${lines.join("\n")}\nthe end \u{1f3c1}`;
}

function sizeOf(text: string): number {
  return new TextEncoder().encode(text).length;
}
