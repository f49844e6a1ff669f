/**
 * Each adapter lists the names that it gives to states. `wait --until` knows them by that list, so it is complete, and
 * it holds nothing that the adapter never says.
 */

import { COMMON_LABELS } from "../../src/adapters/adapter.ts";
import { AGENTS } from "../../src/adapters/mod.ts";
import { listAgentScreens } from "../support/agent_screens.ts";
import { deepEqual } from "../support/assert.ts";

const COMMON: readonly string[] = COMMON_LABELS;

/** Labels of which no screen is recorded, by agent, each with its reason. */
const NOT_RECORDED: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  claude: { "vim-normal": "2.1.197 draws that mode like any prompt; a footer that names it would be read" },
  codex: { choice: "any menu that none of its known dialogs fits" },
};

const screens = await listAgentScreens();

for (const agent of AGENTS.names) {
  const seen = new Set(
    screens.filter((one) => one.agent === agent).map(({ behaviour, screen }) => behaviour.fromScreen(screen).label),
  );

  Deno.test(`${agent}: every name of a state on its recorded screens is in the adapter's list, and no other`, async () => {
    const { labels } = await AGENTS.findScreen(agent);
    const unrecorded = Object.keys(NOT_RECORDED[agent] ?? {});
    deepEqual([...seen].filter((label) => !labels.includes(label) && !COMMON.includes(label)), []);
    deepEqual(labels.filter((label) => !seen.has(label)).sort(), unrecorded.sort());
  });
}
