/** `harnex __complete`: prints what a completion script offers. */

import { assertNever } from "../../model/never.ts";
import { visible } from "../../text/visible.ts";
import type { CommandContext } from "../context.ts";
import { requiredChoice } from "../parser/argument.ts";
import { defineCommand, type InvocationOf } from "../parser/command.ts";
import { isHidden } from "../parser/description.ts";
import { EXIT_OK, EXIT_USAGE } from "../parser/shared_options.ts";
import { listShelf } from "../texts.ts";

const ARGUMENTS = {
  kind: requiredChoice({
    placeholder: "kind",
    choices: ["ids", "guides", "recipes", "topics", "agents", "commands"],
    help: "what to list",
  }),
};
type Call = InvocationOf<Record<never, never>, typeof ARGUMENTS>;

export const command = defineCommand({
  name: "__complete",
  summary: "list values for completion scripts",
  paragraph: "Prints one value a line. Completion scripts call it; the format may change with any version.",
  usage: ["__complete ids|guides|recipes|topics|agents|commands"],
  options: {},
  arguments: ARGUMENTS,
  examples: [],
  gotchas: [],
  exitStatus: [["0", EXIT_OK], ["2", EXIT_USAGE]],
  execute,
});

async function execute(invocation: Call, context: CommandContext): Promise<number> {
  for (const value of await valuesOf(invocation.arguments.kind, context)) {
    // A value that a shell line cannot hold as it is would not be the same value any more.
    if (visible(value) === value) context.output.line(value);
  }
  return 0;
}

async function valuesOf(
  kind: Call["arguments"]["kind"],
  context: CommandContext,
): Promise<readonly string[]> {
  switch (kind) {
    case "ids":
      return await context.listIds();
    case "guides":
    case "recipes":
    case "topics":
      return (await listShelf(kind, context)).map((entry) => entry.name);
    case "agents":
      return await context.listAgents();
    case "commands":
      return context.commands.names.filter((name) => !isHidden(name));
    default:
      return assertNever(kind);
  }
}
