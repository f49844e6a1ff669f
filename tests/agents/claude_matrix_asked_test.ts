/**
 * The matrix, third part: questions. Permissions asked, refused and denied, the dialogs of a first start, and a
 * person's own settings. For each source of truth that may be missing.
 */

import { join } from "node:path";
import { deepEqual, equal, ok } from "../support/assert.ts";
import { type Bench, MODES, openBench, THERE_AND_BACK, turnOf } from "../support/claude_matrix.ts";
import { listTraces } from "../support/traces.ts";

const ESCAPE = "\x1b";
const ASKED_PATH = ["busy", "blocked", "prompt"];

const isBlocked = ({ type }: { type: string }) => type === "blocked";
const lastAnswer = (bench: Bench) => bench.all().findLast(({ type }) => type === "answered")?.["choice"];

/** A turn in whose middle a permission is asked for. */
function askedTurn(bench: Bench, text: string, outcome: "completed" | "interrupted"): string[] {
  const [sent = "", begun = "", ended = ""] = turnOf(bench.mode, text, outcome);
  return [sent, begun, "blocked on permission", ended];
}

for (const mode of MODES) {
  Deno.test(`claude, ${mode.name}: a tool that asks is answered, refused, or ended with the session`, async (t) => {
    await using bench = await openBench(mode, { words: ["--approvals", "ask"] });
    const { stage } = bench;
    await bench.expect({ events: ["started"], path: ["prompt"] });

    await t.step("approved, it runs", async () => {
      await bench.send("DELAY 1 SHELL touch yes");
      const { choices } = await bench.happens(isBlocked);
      ok(Array.isArray(choices) && choices[0] === "Yes" && choices.at(-1) === "No");
      await stage.answer(0, "answer", "--id", "m1", "--approve");
      await bench.expect({ events: askedTurn(bench, "DELAY 1 SHELL touch yes", "completed"), path: ASKED_PATH });
      equal(lastAnswer(bench), "approve");
    });

    await t.step("denied, the turn is interrupted", async () => {
      await bench.send("DELAY 1 SHELL touch no");
      await bench.happens(isBlocked);
      await stage.answer(0, "answer", "--id", "m1", "--deny");
      await bench.expect({ events: askedTurn(bench, "DELAY 1 SHELL touch no", "interrupted"), path: ASKED_PATH });
      equal(lastAnswer(bench), "deny");
    });

    await t.step("rejected with Esc, the turn is interrupted", async () => {
      const input = { file_path: join(stage.sandbox.project, "no"), content: "no" };
      const text = `DELAY 1 TOOL Write ${JSON.stringify(input)}`;
      await bench.send(text);
      await bench.happens(isBlocked);
      await bench.type(ESCAPE);
      await bench.expect({ events: askedTurn(bench, text, "interrupted"), path: ASKED_PATH });
      deepEqual([...Deno.readDirSync(stage.sandbox.project)].map(({ name }) => name), ["yes"]);
    });

    await t.step("stopped while it asks, nothing has run and nothing is left", async () => {
      await bench.send("DELAY 1 SHELL echo $$ > tool.pid; exec sleep 300");
      await bench.happens(isBlocked);
      const stopped = await stage.answer(0, "stop", "--id", "m1", "--wait");
      equal(stopped["reason"], "stopped");
      await bench.session.untilGone(2_000);
      deepEqual(await listTraces(bench.session.sessionId), []);
      deepEqual([...Deno.readDirSync(stage.sandbox.project)].map(({ name }) => name), ["yes"]);
      equal(stage.record("exits")?.["reason"], "stopped");
    });
  });

  Deno.test(`claude, ${mode.name}: every dialog of a first start blocks until it is answered`, async () => {
    await using bench = await openBench(mode, { pending: ["trust", "api-key", "bypass"] });
    for (const [index, choice] of ["Yes, I trust this folder", "Yes", "Yes, I accept"].entries()) {
      await bench.happens((event) => {
        const asked = event["choices"];
        return event.type === "blocked" && Array.isArray(asked) && asked.includes(choice);
      });
      await bench.stage.answer(0, "answer", "--id", "m1", "--choice", choice);
      equal(bench.all().filter(({ type }) => type === "blocked").length >= index + 1, true);
    }
    await bench.happens(({ type, to }) => type === "state" && to === "prompt");
    const asked = bench.all().filter(isBlocked).map((event) => event["on"]);
    deepEqual(asked, ["trust", "login", "trust"]);
    deepEqual(bench.stage.mock.requests, []);
    const answered = bench.all().filter(({ type }) => type === "answered").map((event) => event["by"]);
    deepEqual(answered, ["answer", "answer", "answer"]);
  });

  Deno.test(`claude, ${mode.name}: a person's own hooks, settings file and vim mode stay`, async (t) => {
    const project = (name: string) => `cat > /dev/null; echo ran >> "$CLAUDE_PROJECT_DIR/${name}"`;
    const hooksThat = (name: string) => ({ Stop: [{ hooks: [{ type: "command", command: project(name) }] }] });
    const given = JSON.stringify({ hooks: hooksThat("of-file") });
    await using bench = await openBench(mode, {
      words: ["--approvals", "deny", "--", "--settings", given],
      settings: { editorMode: "vim", hooks: hooksThat("of-user") },
    });
    const { stage } = bench;
    await bench.expect({ events: ["started"], path: ["prompt"] });

    await t.step("a turn runs all hooks", async () => {
      await bench.send("SAY hello");
      await bench.expect({ events: turnOf(mode, "SAY hello"), path: THERE_AND_BACK });
      deepEqual(stage.mock.requests.map(({ text }) => text), ["SAY hello"]);
      const names = [...Deno.readDirSync(stage.sandbox.project)].map(({ name }) => name).sort();
      deepEqual(names, mode.hooks === "on" ? ["of-file", "of-user"] : []);
    });

    await t.step("a tool is denied", async () => {
      const [sent = "", begun = "", ended = ""] = turnOf(mode, "DELAY 1 SHELL touch no");
      await bench.send("DELAY 1 SHELL touch no");
      if (mode.hooks === "on") {
        await bench.expect({ events: [sent, begun, "approval Bash decline", ended], path: THERE_AND_BACK });
      } else {
        // Only a hook can say no for a person. Without it the session is blocked, and so it is told.
        await bench.expect({ events: [sent, begun, "blocked on permission"], path: ["busy", "blocked"] });
      }
      ok(![...Deno.readDirSync(stage.sandbox.project)].some(({ name }) => name === "no"));
    });
  });
}
