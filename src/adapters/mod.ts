/** The agents that harnex knows, one line each. Any other name is run as a generic terminal program. */

import type { Adapter } from "./adapter.ts";
import { claude } from "./claude.ts";
import { CODEX } from "./codex.ts";
import { createGenericAdapter } from "./generic.ts";

export const ADAPTERS: readonly Adapter[] = [
  CODEX,
  claude,
];

/** The adapter for the word after `harnex run`. */
export function findAdapter(name: string): Adapter {
  return ADAPTERS.find((adapter) => adapter.name === name) ?? createGenericAdapter(name);
}
