/** `harnex completions`: prints a completion script. */

import { bashScript } from "../completion/bash.ts";
import { fishScript } from "../completion/fish.ts";
import { zshScript } from "../completion/zsh.ts";
import type { CommandContext } from "../context.ts";
import type { CompletionsInvocation } from "../specs/program.ts";

export function execute(invocation: CompletionsInvocation, context: CommandContext): Promise<number> {
  const script = { bash: bashScript, zsh: zshScript, fish: fishScript }[invocation.arguments.shell];
  context.output.block(script(context.commands));
  return Promise.resolve(0);
}
