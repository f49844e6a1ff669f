/** `harnex __complete`: prints what a shell can offer at the cursor. */

import { complete } from "../completion/complete.ts";
import { answerLines, readWords, SHELLS } from "../completion/shells.ts";
import type { CommandContext } from "../context.ts";
import { remainingWords, requiredChoice } from "../parser/argument.ts";
import { defineCommand, type InvocationOf } from "../parser/command.ts";
import { EXIT_OK, EXIT_USAGE } from "../parser/shared_options.ts";

const ARGUMENTS = {
  shell: requiredChoice({ placeholder: "shell", choices: SHELLS, help: "the shell that asks" }),
  words: remainingWords({ placeholder: "words", help: "the words after harnex, up to the cursor" }),
};
type Call = InvocationOf<Record<never, never>, typeof ARGUMENTS>;

export const command = defineCommand({
  name: "__complete",
  paragraph: "Prints the kind of what can be offered, then one candidate a line. The scripts that harnex completions " +
    "prints call it; the format may change with any version.",
  usage: ["__complete bash|zsh|fish -- [words...]"],
  options: {},
  arguments: ARGUMENTS,
  examples: [],
  gotchas: [],
  exitStatus: [["0", EXIT_OK], ["2", EXIT_USAGE]],
  execute,
});

async function execute({ arguments: { shell, words } }: Call, context: CommandContext): Promise<number> {
  const offer = await complete(readWords(shell, words), context);
  for (const line of answerLines(shell, offer, words)) context.output.block(line);
  return 0;
}
