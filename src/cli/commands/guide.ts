/** `harnex guide`: prints the getting-started text. */

import { HarnexError } from "../../model/errors.ts";
import type { CommandContext } from "../context.ts";
import { GETTING_STARTED } from "../guides.ts";
import { page } from "../pager.ts";
import type { GuideInvocation } from "../specs/texts.ts";

export async function execute(_invocation: GuideInvocation, context: CommandContext): Promise<number> {
  const text = await context.readGuide(GETTING_STARTED);
  if (text === undefined) throw new HarnexError("failed", `the text ${GETTING_STARTED} is missing from this build`);
  await page(text, context);
  return 0;
}
