/** `harnex guide`: prints the getting-started text, lists the texts for people, or prints one of them. */

import type { CommandContext } from "../context.ts";
import { GETTING_STARTED } from "../guides.ts";
import type { TextsInvocation } from "../specs/texts.ts";
import { executeTexts } from "../texts_command.ts";

export function execute(invocation: TextsInvocation, context: CommandContext): Promise<number> {
  return executeTexts(invocation, {
    context,
    wording: { shelf: "topics", command: "guide", noun: "topic", first: GETTING_STARTED },
  });
}
