/** `harnex __complete`: prints the live values that completion scripts offer, one a line. */

import { assertNever } from "../../model/never.ts";
import type { CommandContext } from "../context.ts";
import { listShelf } from "../guides.ts";
import type { CompleteInvocation } from "../specs/program.ts";
import { visible } from "../../text/visible.ts";

export async function execute(invocation: CompleteInvocation, context: CommandContext): Promise<number> {
  for (const value of await valuesOf(invocation.arguments.kind, context)) {
    // A value that a shell line cannot hold as it is would not be the same value any more.
    if (visible(value) === value) context.output.line(value);
  }
  return 0;
}

async function valuesOf(
  kind: CompleteInvocation["arguments"]["kind"],
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
      return context.commands.filter((command) => !command.hidden).map((command) => command.name);
    default:
      return assertNever(kind);
  }
}
