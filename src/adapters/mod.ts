/** The agents that harnex knows, one line each. Any other name is run as a generic terminal program. */

import type { Transport } from "../model/session.ts";
import type { Adapter } from "./adapter.ts";
import { claude } from "./claude.ts";
import { codex } from "./codex.ts";
import { codexTui } from "./codex_tui.ts";
import { createGenericAdapter } from "./generic.ts";

export const ADAPTERS: readonly Adapter[] = [
  claude,
  codex,
];

/** Other ways to run an agent of the table, chosen by their transport. */
const OTHER_TRANSPORTS: readonly Adapter[] = [codexTui];

/** The adapter for the word after `harnex run`; `transport` chooses where an agent has several. */
export function findAdapter(name: string, transport?: Transport): Adapter {
  return [...ADAPTERS, ...OTHER_TRANSPORTS].find((adapter) =>
    adapter.name === name && (transport === undefined || adapter.transport === transport)
  ) ?? createGenericAdapter(name);
}
