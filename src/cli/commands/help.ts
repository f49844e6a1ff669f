/** `harnex help`: prints the overview or one command's help. */

import type { CommandContext } from "../context.ts";
import { renderCommand, renderOverview } from "../ui/help.ts";
import { unknownWord } from "../program.ts";
import type { HelpInvocation } from "../specs/program.ts";

export async function execute(invocation: HelpInvocation, context: CommandContext): Promise<number> {
  const name = invocation.arguments.command;
  const command = context.commands.find((candidate) => candidate.name === name);
  if (name !== undefined && command === undefined) throw unknownWord(name, await context.listAgents());
  context.output.block(command === undefined ? renderOverview(context.commands) : renderCommand(command));
  return 0;
}
