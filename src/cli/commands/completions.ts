/** `harnex completions`: prints a completion script. */

import { SHELLS, STUBS } from "../completion/shells.ts";
import type { CommandContext } from "../context.ts";
import { requiredChoice } from "../parser/argument.ts";
import { defineCommand, type InvocationOf } from "../parser/command.ts";
import { EXIT_OK } from "../parser/shared_options.ts";

const ARGUMENTS = {
  shell: requiredChoice({ placeholder: "shell", choices: SHELLS, help: "the shell that reads the script" }),
};
type Call = InvocationOf<Record<never, never>, typeof ARGUMENTS>;

export const command = defineCommand({
  name: "completions",
  paragraph: "Prints a script that makes the shell complete commands, options, values and the ids of live sessions.",
  usage: ["completions bash|zsh|fish"],
  options: {},
  arguments: ARGUMENTS,
  examples: [
    { note: "bash, for this shell; add it to ~/.bashrc for every shell", command: 'eval "$(harnex completions bash)"' },
    {
      note: "fish, for every shell",
      command: "harnex completions fish > ~/.config/fish/completions/harnex.fish",
    },
  ],
  gotchas: [
    "zsh: evaluate the script after compinit, or save it as _harnex in a directory of $fpath.",
    "The script asks the installed harnex at every Tab, so an update of harnex needs no new script.",
  ],
  exitStatus: [["0", EXIT_OK], ["2", "no such shell"]],
  execute,
});

function execute({ arguments: { shell } }: Call, { output }: CommandContext): Promise<number> {
  output.block(STUBS[shell]);
  return Promise.resolve(0);
}
