/** `harnex completions`: prints a completion script. */

import { completionScript } from "../completions.ts";
import type { CommandContext } from "../context.ts";
import type { CompletionsInvocation } from "../specs/program.ts";

export function execute(invocation: CompletionsInvocation, context: CommandContext): Promise<number> {
  context.output.block(completionScript(invocation.arguments.shell, context.commands));
  return Promise.resolve(0);
}
