/** `harnex completions`: prints a completion script. */

import { bashScript } from "../completion/bash.ts";
import { fishScript } from "../completion/fish.ts";
import { zshScript } from "../completion/zsh.ts";
import type { CommandContext } from "../context.ts";
import { requiredChoice } from "../parser/argument.ts";
import { defineCommand, type InvocationOf } from "../parser/command.ts";
import { EXIT_OK } from "../parser/shared_options.ts";

const ARGUMENTS = {
  shell: requiredChoice({ placeholder: "shell", choices: ["bash", "zsh", "fish"], help: "the shell to write for" }),
};
type Call = InvocationOf<Record<never, never>, typeof ARGUMENTS>;

export const command = defineCommand({
  name: "completions",
  summary: "print a completion script for a shell",
  paragraph: "Prints a script that makes the shell complete commands, options, their values and the ids of live " +
    "sessions.",
  usage: ["completions bash|zsh|fish"],
  options: {},
  arguments: ARGUMENTS,
  examples: [
    { note: "bash, for this shell; in ~/.bashrc for every shell", command: 'eval "$(harnex completions bash)"' },
    {
      note: "fish, for every shell",
      command: "harnex completions fish > ~/.config/fish/completions/harnex.fish",
    },
  ],
  gotchas: [
    "zsh: eval the script after compinit, or save it as _harnex in a folder of $fpath.",
    "Write the script anew after an update of harnex.",
  ],
  exitStatus: [["0", EXIT_OK], ["2", "no such shell"]],
  execute,
});

async function execute(call: Call, { commands, output }: CommandContext): Promise<number> {
  const script = { bash: bashScript, zsh: zshScript, fish: fishScript }[call.arguments.shell];
  output.block(script(await commands.list()));
  return 0;
}
