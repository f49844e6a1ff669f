/**
 * An agent's own state file, followed.
 */

import { createFiles } from "../../src/platform/files.ts";
import type { ScreenSignal } from "../../src/transports/agent_process.ts";
import { followStateFile } from "../../src/transports/pty/state_file.ts";
import { deepEqual } from "../support/assert.ts";
import { REAL_CLOCK } from "../support/real_clock.ts";
import { withTempDir } from "../support/temp.ts";
import { within } from "../support/within.ts";

// Used to be handed on as it is, which put it 57 years after every observation: no turn of Claude Code ended.
Deno.test("followStateFile() counts the file's own time by the monotonic clock", async () => {
  await withTempDir(async (path) => {
    const told = Promise.withResolvers<ScreenSignal>();
    const over = new AbortController();
    Deno.writeTextFileSync(`${path}/state`, "idle since 990000");
    const file = followStateFile({
      files: createFiles(() => "00"),
      clock: { ...REAL_CLOCK, now: () => 1_000_000, monotonic: () => 50_000 },
      reader: {
        path: () => `${path}/state`,
        read: (text) => ({ kind: "ready", label: "prompt", since: Number(text.split(" ").at(-1)) }),
      },
      agent: { pid: 1, start: "1" },
      env: {},
      onSignal: told.resolve,
      signal: over.signal,
    });
    file.nudge();
    deepEqual(await within(5_000, told.promise), { kind: "ready", label: "prompt", since: 40_000 });
    over.abort();
    await file.ended();
  });
});
