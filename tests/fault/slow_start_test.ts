/**
 * A host that is so slow that its agent is done before the host has noted what it was given to do. On a busy machine
 * that happens by itself, once in some hundred starts.
 */

import { join } from "node:path";
import { denoPlatform } from "../../src/platform/deno_platform.ts";
import { deepEqual } from "../support/assert.ts";
import { startInProcessHost } from "../support/in_process_host.ts";
import { fileName, parseJson } from "../support/sessions.ts";
import { tempDir } from "../support/temp.ts";
import { until } from "../support/until.ts";
import { within } from "../support/within.ts";

const PATIENCE_MS = 20_000;
/** Rounds of the event loop in which everything that was printed is drawn and read. */
const ROUNDS = 100;

Deno.test("an agent that has done its first task before the host looks is done, and is stopped", async () => {
  using dir = tempDir();
  const [stateDir, project] = [dir.join("state"), dir.join("project")];
  for (const folder of [stateDir, project]) Deno.mkdirSync(folder);
  const { clock, files } = denoPlatform();
  const transcript = join(stateDir, "output", `${fileName(project, "k")}.log`);
  let held = false;
  const host = startInProcessHost({
    stateDir,
    project,
    launch: { context: "the task", autoStop: true },
    world: {
      files: {
        ...files,
        async replace(path, text) {
          if (path.includes("/sessions/") && !held) {
            held = true;
            await until(
              PATIENCE_MS,
              async () => (await files.readText(transcript))?.endsWith("> ") || undefined,
              "prompt",
            );
            for (let round = 0; round < ROUNDS; round++) await clock.sleep(0);
          }
          await files.replace(path, text);
        },
      },
    },
  });
  const { code, reason } = await within(PATIENCE_MS, host.ended);
  deepEqual([held, code, reason], [true, 0, "success"]);
  const events = Deno.readTextFileSync(join(stateDir, "events", `${fileName(project, "k")}.jsonl`)).trim().split("\n");
  deepEqual(
    events.map((line) => String(parseJson(line)["type"])).filter((type) => /^(turn|task|stop)/.test(type)),
    ["turn_started", "task_complete", "stop_requested"],
  );
});
