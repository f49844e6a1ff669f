/**
 * Many senders at once to the real agents; what the model was asked is the judge. `HARNEX_SENDS=200` sends that many.
 */

import { deepEqual, equal } from "../support/assert.ts";
import { setStage } from "../support/claude_session.ts";
import { setCodexStage } from "../support/codex_stage.ts";
import { say } from "../support/mock_responses.ts";
import { checkDelivered, sendCount, SENDERS, sendFromAll, textsOf } from "../support/senders.ts";
import { until } from "../support/until.ts";

/** Generous: a turn of Claude Code takes a second on a busy machine. */
const PATIENCE_MS = 600_000;
/** The TUI of Codex 0.169 lets the model find a title for each prompt, too. */
const TITLE = /^Generate a concise, single-line task title /;

Deno.test(`claude: messages from ${SENDERS} processes at once arrive once each and in each sender's order`, async () => {
  const total = sendCount(40);
  await using stage = await setStage();
  await stage.start("--detach", "m", "--inbox-ttl", "600");
  const texts = textsOf(total);
  const { port, token } = stage.record("sessions") ?? {};
  const said = texts.map((own) => own.map((text) => `SAY ${text}`));
  const refusals = await sendFromAll({ port: Number(port), token: String(token) }, said);
  await stage.mock.arrived(total, AbortSignal.timeout(PATIENCE_MS));
  await stage.answer(0, "wait", "--id", "m", "--until", "prompt", "--timeout", "60");
  checkDelivered(stage.mock.requests.map(({ text }) => text.replace(/^SAY /, "")), texts);
  const ends = (await stage.events("m")).filter(({ type }) => type === "task_complete");
  equal(new Set(ends.map((event) => event["message_id"])).size, total);
  console.log(`${total} messages arrived once; ${refusals} refusals on the way`);
});

for (
  const { flags, name, usual } of [
    { flags: [], name: "JSON-RPC", usual: 100 },
    { flags: ["--legacy-pty"], name: "the TUI", usual: 16 },
  ]
) {
  Deno.test(`codex over ${name}: messages from ${SENDERS} processes at once arrive once each and in each sender's order`, async () => {
    const total = sendCount(usual);
    await using stage = setCodexStage(({ prompt }) => say(`re: ${prompt}`));
    await stage.answer(0, "run", "codex", ...flags, "--id", "m", "--detach", "--inbox-ttl", "600");
    await stage.answer(0, "wait", "--id", "m", "--until", "prompt", "--timeout", "60");
    const texts = textsOf(total);
    const refusals = await sendFromAll(stage.session(), texts);
    const asked = () => stage.model.requests.map(({ prompt }) => prompt).filter((prompt) => !TITLE.test(prompt));
    await until(PATIENCE_MS, () => asked().length >= total || undefined, `${total} requests`);
    await stage.answer(0, "wait", "--id", "m", "--until", "prompt", "--timeout", "60");
    const prompts = asked();
    checkDelivered(prompts, texts);
    const ends = (await stage.events("m")).filter(({ type }) => type === "task_complete");
    if (flags.length === 0) deepEqual(ends.map((end) => end["last_message"]), prompts.map((prompt) => `re: ${prompt}`));
    equal(new Set(ends.map((end) => end["message_id"])).size, total);
    console.log(`${total} messages arrived once; ${refusals} refusals on the way`);
  });
}
