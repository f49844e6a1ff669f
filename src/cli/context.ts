/**
 * What a command's body gets besides its options: the platform, the output, the command table, and the sources of
 * texts and live names. `main.ts` makes it once; tests make their own.
 */

import type { Platform } from "../platform/platform.ts";
import type { CommandDescription, CommandSummary } from "./parser/description.ts";
import type { Output } from "./ui/output.ts";

export interface ProgramContext {
  readonly platform: Platform;
  readonly output: Output;
  /** Throws a HarnexError if the directory no longer exists. */
  readonly cwd: string;
  /** All of standard input as UTF-8; a HarnexError("too_large") when it is longer. */
  readonly readAllStdin: (options: { maxBytes: number }) => Promise<string>;
  /** Names of the agents that harnex has an adapter for. */
  readonly listAgents: () => Promise<readonly string[]>;
  /** Ids of the live sessions of this repository, for completion. */
  readonly listIds: () => Promise<readonly string[]>;
  /** Paths below `guides/`. */
  readonly listGuides: () => Promise<readonly string[]>;
  /** A text below `guides/`; undefined if it does not exist. */
  readonly readGuide: (relativePath: string) => Promise<string | undefined>;
}

export interface CommandContext extends ProgramContext {
  readonly commands: CommandTable;
}

/** The commands, for help and completion. A description is loaded on request. */
export interface CommandTable {
  /** in the order of the overview, hidden ones last */
  readonly rows: readonly CommandSummary[];
  readonly find: (name: string) => Promise<CommandDescription | undefined>;
}
