/** What help, completion and the parser know about a command: plain data, without its body. */

import type { ArgumentSpec } from "./argument.ts";
import type { OptionSpec } from "./option.ts";

export interface Example {
  readonly note: string;
  readonly command: string;
}

/** What the overview says about a command. */
export interface CommandSummary {
  readonly name: string;
  /** half a line */
  readonly summary: string;
}

/** What a command's help says about it. */
export interface CommandTexts {
  readonly name: string;
  readonly paragraph: string;
  /** each without the leading `harnex` */
  readonly usage: readonly string[];
  readonly examples: readonly Example[];
  readonly gotchas: readonly string[];
  readonly exitStatus: readonly (readonly [code: string, meaning: string])[];
  /** `agent`: the words after the agent's name belong to the agent (see run_line.ts) */
  readonly words?: "agent";
}

export interface NamedOption extends OptionSpec<unknown> {
  /** without dashes: `stall-after` */
  readonly long: string;
}

/** A command with its value types erased. */
export interface CommandDescription extends CommandTexts {
  readonly options: readonly NamedOption[];
  readonly arguments: readonly ArgumentSpec<unknown>[];
}

/** Commands that harnex calls itself: help, suggestions and completion leave them out. */
export function isHidden(name: string): boolean {
  return name.startsWith("__");
}
