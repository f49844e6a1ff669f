/**
 * The matrix, second part: what people send, and how they leave. For each source of truth that may be missing.
 */

import { deepEqual, equal } from "../support/assert.ts";
import { type Bench, MODES, openBench, THERE_AND_BACK, turnOf } from "../support/claude_matrix.ts";
import { PATIENCE_MS } from "../support/claude_session.ts";

const texts = (bench: Bench) => bench.stage.mock.requests.map(({ text }) => text);

async function sendOne(bench: Bench, text: string): Promise<void> {
  await bench.send(text);
  await bench.expect({ events: turnOf(bench.mode, text), path: THERE_AND_BACK });
}

for (const mode of MODES) {
  Deno.test(`claude, ${mode.name}: texts arrive as they are, each as one turn, and /exit by hand ends well`, async (t) => {
    await using bench = await openBench(mode);
    await bench.expect({ events: ["started"], path: ["prompt"] });

    await t.step("text that begins with ! or /, or ends in @x", async () => {
      for (const text of ["!touch bang", "/exit please", "look at @x"]) await sendOne(bench, text);
      // The blank that disarms a first character stays.
      deepEqual(texts(bench), [" !touch bang", " /exit please", "look at @x"]);
    });

    await t.step("a paste of 20 KB", async () => {
      const text = Array.from({ length: 400 }, (_, line) =>
        `${line}. ${"na\u00efve \u{1f3c1} ".repeat(4)}`).join("\n") + "end";
      await sendOne(bench, text);
      equal(texts(bench).at(-1), text);
    });

    await t.step("a message in the middle of a turn waits for its end", async () => {
      await bench.send("HOLD");
      equal((await bench.send("SAY second", "--no-wait"))["status"], "queued");
      await bench.stage.mock.arrived(5, AbortSignal.timeout(PATIENCE_MS));
      bench.stage.mock.release();
      const [sent = "", begun = "", ended = ""] = turnOf(mode, "HOLD");
      const events = [sent, begun, "queued", ended, ...turnOf(mode, "SAY second")];
      await bench.expect({ events, path: [...THERE_AND_BACK, ...THERE_AND_BACK] });
    });

    await t.step("two messages are two turns in their order", async () => {
      await bench.send("DELAY 2 SAY one", "--no-wait");
      await bench.send("SAY two", "--no-wait");
      const [sent = "", begun = "", ended = ""] = turnOf(mode, "DELAY 2 SAY one");
      const events = [sent, begun, "queued", ended, ...turnOf(mode, "SAY two")];
      await bench.expect({ events, path: [...THERE_AND_BACK, ...THERE_AND_BACK] });
      deepEqual(texts(bench).slice(-4), ["HOLD", "SAY second", "DELAY 2 SAY one", "SAY two"]);
    });

    await t.step("/exit by hand", async () => {
      await bench.type("/exit");
      await bench.shows("/exit");
      await bench.type("\r");
      await bench.expect({ events: ["usage", "summary success", "exited 0 success"], path: ["exited"] });
      const { exit_code, reason, signal } = await bench.stage.answer(0, "wait", "--id", "m1");
      deepEqual([exit_code, reason, signal], [0, "success", undefined]);
    });
  });

  Deno.test(`claude, ${mode.name}: killed in mid-turn it is told as disconnected`, async () => {
    await using bench = await openBench(mode);
    await bench.expect({ events: ["started"], path: ["prompt"] });
    await bench.send("HOLD");
    await bench.happens(({ type }) => type === "turn_started");
    Deno.kill(bench.session.agentPid, "SIGKILL");
    const events = ["send HOLD", "turn_started", "usage", "summary disconnected", "exited 137 disconnected"];
    await bench.expect({ events, path: ["busy", "exited"] });
    const { exit_code, reason, signal } = await bench.stage.answer(137, "wait", "--id", "m1");
    deepEqual([exit_code, reason, signal], [137, "disconnected", 9]);
  });
}
