/**
 * What a command body is given besides its options: the world, a place to print, and where texts and live names
 * come from. Made once by `main.ts`; tests hand in their own.
 */

import type { Platform } from "../platform/platform.ts";
import type { CommandSpec } from "./parser/command.ts";
import type { Output } from "./ui/output.ts";

export interface ProgramContext {
  readonly platform: Platform;
  readonly output: Output;
  /** Throws a HarnexError when the directory is gone. */
  readonly cwd: string;
  /** All of standard input as UTF-8; a HarnexError("too_large") when it is longer. */
  readonly readAllStdin: (options: { maxBytes: number }) => Promise<string>;
  /** Names of the agents that harnex has an adapter for. */
  readonly listAgents: () => Promise<readonly string[]>;
  /** Ids of the live sessions of this repository, for completion. */
  readonly listIds: () => Promise<readonly string[]>;
  /** Paths below `guides/`. */
  readonly listGuides: () => Promise<readonly string[]>;
  /** A text below `guides/`; undefined when there is none. */
  readonly readGuide: (relativePath: string) => Promise<string | undefined>;
}

export interface CommandContext extends ProgramContext {
  /** the command table, for help and completions */
  readonly commands: readonly CommandSpec[];
}
