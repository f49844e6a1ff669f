/** `harnex agents-guide`: lists and prints the guides for agents. */

import type { CommandContext } from "../context.ts";
import type { TextsInvocation } from "../specs/texts.ts";
import { executeTexts } from "../texts_command.ts";

export function execute(invocation: TextsInvocation, context: CommandContext): Promise<number> {
  return executeTexts(invocation, {
    context,
    wording: { shelf: "guides", command: "agents-guide", noun: "topic" },
  });
}
