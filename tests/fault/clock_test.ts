/**
 * The wall clock jumps, an hour back and a day forward, while a session lives: only what shows the time of day notices.
 */

import { join } from "node:path";
import { denoPlatform } from "../../src/platform/deno_platform.ts";
import { deepEqual, equal, ok } from "../support/assert.ts";
import { startInProcessHost } from "../support/in_process_host.ts";
import { fileName, parseJson } from "../support/sessions.ts";
import { tempDir } from "../support/temp.ts";
import { within } from "../support/within.ts";

const HOUR_MS = 3_600_000;
const PATIENCE_MS = 20_000;

for (const jumpMs of [-HOUR_MS, 24 * HOUR_MS]) {
  Deno.test(`a clock that jumps ${jumpMs / HOUR_MS} hours changes no state, no waiting and no duration`, async () => {
    using dir = tempDir();
    const [stateDir, project] = [dir.join("state"), dir.join("project")];
    for (const folder of [stateDir, project]) Deno.mkdirSync(folder);
    const { clock } = denoPlatform();
    let jumped = 0;
    const host = startInProcessHost({
      stateDir,
      project,
      world: { clock: { ...clock, now: () => clock.now() + jumped } },
    });
    await host.registered;
    jumped = jumpMs; // while the prompt is not yet believed
    await host.untilState("prompt");
    const sent = host.call("POST", "/send", { text: "hello", submit: true });
    jumped = 0; // while the message is typed
    equal((await within(PATIENCE_MS, sent)).status, 200);
    jumped = jumpMs; // while the turn runs
    await host.untilState("prompt");
    const { body } = await host.call("GET", "/status");
    ok(Number(body["log_idle_s"]) < PATIENCE_MS / 1_000, `idle for ${body["log_idle_s"]} s`);
    const completed = Date.parse(String(body["last_completed_at"]));
    ok(Math.abs(completed - (Date.now() + jumpMs)) < PATIENCE_MS, `completed at ${body["last_completed_at"]}`);
    equal((await host.call("POST", "/stop")).status, 200);
    const { code, reason } = await within(PATIENCE_MS, host.ended);
    deepEqual([code, reason, host.said()], [0, "success", []]);

    const events = Deno.readTextFileSync(join(stateDir, "events", `${fileName(project, "k")}.jsonl`)).trim().split("\n")
      .map((line) => parseJson(line));
    deepEqual(events.map(({ seq }) => seq), events.map((_, index) => index + 1));
    const ledger = Deno.readTextFileSync(join(stateDir, "dispatches.jsonl")).trim().split("\n");
    const { actual } = JSON.parse(ledger.at(-1) ?? "");
    ok(actual.duration_s >= 0 && actual.duration_s < PATIENCE_MS / 1_000, `took ${actual.duration_s} s`);
  });
}
