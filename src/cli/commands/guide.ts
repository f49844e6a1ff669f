/** `harnex guide`: prints the user guide and the references. */

import { defineCommand } from "../parser/command.ts";
import { EXIT_OK, EXIT_USAGE } from "../parser/shared_options.ts";
import { executeTexts, GETTING_STARTED, NAME_GOTCHA, PAGER_GOTCHA, TEXTS_OPTIONS, textsArguments } from "../texts.ts";

export const command = defineCommand({
  name: "guide",
  paragraph: "Prints how to start, watch, instruct and stop agents with harnex. With a topic it prints a reference: " +
    "events, the HTTP API, configuration, guarantees and more.",
  usage: ["guide [list]", "guide [show] TOPIC"],
  options: TEXTS_OPTIONS,
  arguments: textsArguments("topics"),
  examples: [
    { note: "getting started", command: "harnex guide" },
    { note: "every environment variable that harnex reads", command: "harnex guide configuration" },
  ],
  gotchas: ["The texts are part of the program, so they match its version.", NAME_GOTCHA, PAGER_GOTCHA],
  exitStatus: [["0", EXIT_OK], ["1", "no such topic"], ["2", EXIT_USAGE]],
  execute: (invocation, context) =>
    executeTexts(invocation, {
      context,
      wording: { shelf: "topics", command: "guide", noun: "topic", first: GETTING_STARTED },
    }),
});
