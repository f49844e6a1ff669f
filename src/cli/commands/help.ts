/** `harnex help`: prints the overview, or one command's help. */

import type { CommandContext } from "../context.ts";
import { optionalWord } from "../parser/argument.ts";
import { defineCommand, type InvocationOf } from "../parser/command.ts";
import { EXIT_OK } from "../parser/shared_options.ts";
import { renderCommand, renderOverview } from "../ui/help.ts";
import { unknownWord } from "../unknown_word.ts";

const ARGUMENTS = {
  command: optionalWord({ placeholder: "command", completes: "commands", help: "the command" }),
};
type Call = InvocationOf<Record<never, never>, typeof ARGUMENTS>;

export const command = defineCommand({
  name: "help",
  paragraph:
    "Prints the overview, or the help of one command: description, options, examples, gotchas and exit statuses.",
  usage: ["help [command]"],
  options: {},
  arguments: ARGUMENTS,
  examples: [
    { note: "the help of run", command: "harnex help run" },
    { note: "the same", command: "harnex run --help" },
  ],
  gotchas: ["harnex run codex --help prints harnex's help. harnex run codex -- --help prints the agent's own help."],
  exitStatus: [["0", EXIT_OK], ["2", "no such command"]],
  execute,
});

async function execute({ arguments: { command: name } }: Call, context: CommandContext): Promise<number> {
  const { commands, output } = context;
  const found = name === undefined ? undefined : await commands.find(name);
  if (name !== undefined && found === undefined) {
    throw unknownWord(name, { commands: commands.rows, agents: await context.listAgents() });
  }
  output.block(found === undefined ? renderOverview(commands.rows) : renderCommand(found));
  return 0;
}
