/**
 * Watch mode leaves a real agent alone that has itself said that its turn is over, however long it is idle then.
 */

import { equal, match } from "../support/assert.ts";
import { setStage } from "../support/claude_session.ts";
import { setCodexStage } from "../support/codex_stage.ts";
import { say } from "../support/mock_responses.ts";
import { watchText } from "../support/text_watch.ts";
import { until } from "../support/until.ts";
import { within } from "../support/within.ts";

async function startClaude() {
  const stage = await setStage();
  await stage.start("--detach", "w");
  return stage;
}

async function startCodex() {
  const stage = setCodexStage(() => say("done"));
  await stage.answer(0, "run", "codex", "--id", "w", "--detach");
  return stage;
}

for (
  const { name, start, source } of [
    { name: "claude", start: startClaude, source: "hook" },
    { name: "codex", start: startCodex, source: "rpc" },
  ]
) {
  Deno.test(`${name} that told the end of its turn is watched and left alone`, async () => {
    await using agent = await start();
    await agent.answer(0, "send", "--id", "w", "--wait-for-idle", "SAY done");
    const watching = ["watch", "--id", "w", "--stall-after", "1", "--max-resumes", "1"];
    await using watcher = agent.spawn(watching, { HARNEX_WATCH_INTERVAL: "0.2" });
    const [out, err] = [watchText(watcher.stdout), watchText(watcher.stderr)];
    await out.until(/waiting at its prompt/);
    await until(30_000, async () => {
      const [status] = Object.values(await agent.answer(0, "status", "--id", "w", "--json"));
      return idleSeconds(status) >= 3 ? true : undefined;
    }, "three idle seconds");
    await agent.answer(0, "stop", "--id", "w", "--wait");
    equal((await within(20_000, watcher.status)).code, 0);
    await Promise.all([out.ended, err.ended]);
    match(
      out.text,
      new RegExp(
        `^harnex watch: id=w .*\nharnex watch: turn completed, waiting at its prompt \\(source=${source}\\)\n` +
          `harnex watch: session exited\nharnex watch: summary .* resumes=0 .* outcome=exited .*\n$`,
      ),
    );
  });
}

function idleSeconds(status: unknown): number {
  const known = typeof status === "object" && status !== null && "log_idle_s" in status;
  return known && typeof status.log_idle_s === "number" ? status.log_idle_s : -1;
}
