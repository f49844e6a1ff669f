/** `harnex recipes`: lists and prints the recipes. */

import type { CommandContext } from "../context.ts";
import type { TextsInvocation } from "../specs/texts.ts";
import { executeTexts } from "../texts_command.ts";

export function execute(invocation: TextsInvocation, context: CommandContext): Promise<number> {
  return executeTexts(invocation, { context, wording: { shelf: "recipes", command: "recipes", noun: "recipe" } });
}
