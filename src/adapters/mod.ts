/** The agents that harnex knows, one line each. Any other name is run as a generic terminal program. */

import type { Adapter, PtyAdapter } from "./adapter.ts";
import { claude } from "./claude.ts";
import { codex } from "./codex.ts";
import { codexTui } from "./codex_tui.ts";
import { createGenericAdapter } from "./generic.ts";

export const ADAPTERS: readonly Adapter[] = [
  claude,
  codex,
];

/** Agents of the table that can also be driven through their older interface. */
const LEGACY_ADAPTERS: readonly Adapter[] = [
  codexTui,
];

/** The adapter for the word after `harnex run`. */
export function findAdapter(name: string): Adapter {
  return ADAPTERS.find((adapter) => adapter.name === name) ?? createGenericAdapter(name);
}

/** The adapter for `--legacy-pty`; undefined when the agent has none. */
export function findLegacyAdapter(name: string): Adapter | undefined {
  return LEGACY_ADAPTERS.find((adapter) => adapter.name === name);
}

/** The adapter that reads the screen of this agent, whichever way it is usually driven. */
export function findScreenAdapter(name: string): PtyAdapter {
  return [claude, codexTui].find((adapter) => adapter.name === name) ?? createGenericAdapter(name);
}
