/**
 * Texts that Claude Code would take for commands of its own arrive as text, and many messages arrive as many turns.
 */

import { deepEqual, equal } from "../support/assert.ts";
import { setStage } from "../support/claude_session.ts";

const TEXTS = [
  "!touch bang.txt",
  "  !touch bang.txt",
  "/exit",
  "/help me with this",
  "/tmp/file is a path",
  "explain @README",
  "@src/main.ts",
  "# not a memory",
  "?",
  "two lines\n/exit",
  "ends in a line break\n",
  "ends in a backslash\\",
];
const QUEUED = 20;

Deno.test("texts that claude would take for commands arrive as text", async () => {
  await using stage = await setStage();
  await stage.start("--detach", "x1");
  for (const text of TEXTS) await stage.answer(0, "send", "--id", "x1", "--message", text, "--wait-for-idle");
  // Claude trims the end; the blank that disarms a first character stays before it.
  deepEqual(stage.mock.requests.map(({ text }) => text.trimStart()), TEXTS.map((text) => text.trim()));
  deepEqual([...Deno.readDirSync(stage.sandbox.project)], []);
});

Deno.test(`${QUEUED} queued messages are ${QUEUED} turns of claude, each once and in order`, async () => {
  await using stage = await setStage();
  const { mock } = stage;
  await stage.start("--detach", "q1");
  await stage.answer(0, "send", "--id", "q1", "--message", "HOLD");
  const texts = Array.from({ length: QUEUED }, (_, index) => `SAY number ${index + 1}`);
  const ids: unknown[] = [];
  for (const text of texts) {
    const sent = await stage.answer(0, "send", "--id", "q1", "--message", text, "--no-wait");
    equal(sent["status"], "queued");
    ids.push(sent["message_id"]);
  }
  deepEqual(mock.requests.map(({ text }) => text), ["HOLD"]);
  const releasedAt = Date.now();
  mock.release();
  await stage.event("q1", ({ type, message_id }) => type === "task_complete" && message_id === ids.at(-1));
  console.log(`${QUEUED} queued messages: ${((Date.now() - releasedAt) / QUEUED).toFixed(0)} ms a turn`);
  deepEqual(mock.requests.map(({ text }) => text), ["HOLD", ...texts]);
  for (const type of ["send", "turn_started", "task_complete"]) {
    const told = (await stage.events("q1")).filter((event) => event.type === type).map((event) => event["message_id"]);
    deepEqual(told.slice(1), ids, type);
  }
});
