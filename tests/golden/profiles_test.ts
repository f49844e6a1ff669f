/**
 * What the profiles that come with harnex see of their agents: screens recorded with OpenCode 1.18.33 and Gemini CLI
 * 0.61.0. After a change that is meant: `UPDATE_GOLDEN=1 deno test -A tests/golden/profiles_test.ts`, then read the diff.
 */

import { AGENTS } from "../../src/adapters/mod.ts";
import * as assert from "../support/assert.ts";
import { drawRecorded, readRecorded } from "../support/recorded_screen.ts";

const updating = Deno.env.get("UPDATE_GOLDEN") === "1";

for (const agent of AGENTS.names.filter((name) => !AGENTS.builtIn.includes(name))) {
  const root = new URL(`./${agent}/`, import.meta.url);
  for (const { name: state } of Deno.readDirSync(root)) {
    const folder = new URL(`${state}/`, root);
    const sizes = [...Deno.readDirSync(folder)].flatMap(({ name }) => name.match(/^(.*)\.json$/)?.[1] ?? []);
    if (sizes.length === 0) throw new Error(`${folder.pathname} has no recorded screen`);
    for (const size of sizes) {
      Deno.test(`the profile of ${agent} reads ${state} at ${size}`, async () => {
        const { behaviour } = await AGENTS.findScreen(agent);
        const recorded = await readRecorded(folder, size);
        const screen = await drawRecorded(recorded);
        const seen = { signal: behaviour.fromScreen(screen), draft: behaviour.draft(screen) ?? null };
        if (updating) {
          const { ansi: _ansi, ...kept } = { ...recorded, expected: seen };
          await Deno.writeTextFile(new URL(`${size}.json`, folder), JSON.stringify(kept, null, 2) + "\n");
        }
        assert.deepEqual(seen, (await readRecorded(folder, size)).expected);
      });
    }
  }
}
