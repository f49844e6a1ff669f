/** `harnex version`: prints the version. */

import type { CommandContext } from "../context.ts";
import { defineCommand } from "../parser/command.ts";
import { EXIT_OK, EXIT_USAGE } from "../parser/shared_options.ts";
import { versionLine } from "../version_line.ts";

export const command = defineCommand({
  name: "version",
  paragraph: "Prints the version of harnex and its release date.",
  usage: ["version"],
  options: {},
  arguments: {},
  examples: [
    { note: "the version", command: "harnex version" },
    { note: "the same", command: "harnex --version" },
  ],
  gotchas: ["A running session keeps the version that it was started with. status --json shows it."],
  exitStatus: [["0", EXIT_OK], ["2", EXIT_USAGE]],
  execute,
});

function execute(_call: unknown, context: CommandContext): Promise<number> {
  context.output.block(versionLine());
  return Promise.resolve(0);
}
