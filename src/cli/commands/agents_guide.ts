/** `harnex agents-guide`: prints the guides for agents. */

import { defineCommand } from "../parser/command.ts";
import { EXIT_OK, EXIT_USAGE } from "../parser/shared_options.ts";
import { executeTexts, NAME_GOTCHA, PAGER_GOTCHA, TEXTS_OPTIONS, textsArguments } from "../texts.ts";

export const command = defineCommand({
  name: "agents-guide",
  paragraph:
    "Lists or prints the guides that teach an agent to delegate work to other agents: how to dispatch, chain, " +
    "watch and name them.",
  usage: ["agents-guide [list]", "agents-guide [show] TOPIC"],
  options: TEXTS_OPTIONS,
  arguments: textsArguments("guides"),
  examples: [
    { note: "list the guides", command: "harnex agents-guide" },
    { note: "how to delegate a task", command: "harnex agents-guide dispatch" },
  ],
  gotchas: [NAME_GOTCHA, PAGER_GOTCHA],
  exitStatus: [["0", EXIT_OK], ["1", "no such topic"], ["2", EXIT_USAGE]],
  execute: (invocation, context) =>
    executeTexts(invocation, { context, wording: { shelf: "guides", command: "agents-guide", noun: "topic" } }),
});
