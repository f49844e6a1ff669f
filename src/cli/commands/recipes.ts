/** `harnex recipes`: prints worked examples. */

import { defineCommand } from "../parser/command.ts";
import { EXIT_OK, EXIT_USAGE } from "../parser/shared_options.ts";
import { executeTexts, NAME_GOTCHA, PAGER_GOTCHA, TEXTS_OPTIONS, textsArguments } from "../texts.ts";

export const command = defineCommand({
  name: "recipes",
  paragraph: "Lists or prints recipes: complete command sequences for common tasks.",
  usage: ["recipes [list]", "recipes [show] RECIPE"],
  options: TEXTS_OPTIONS,
  arguments: textsArguments("recipes"),
  examples: [
    { note: "list the recipes", command: "harnex recipes" },
    { note: "start a worker and watch it", command: "harnex recipes show fire_and_watch" },
  ],
  gotchas: [NAME_GOTCHA, PAGER_GOTCHA],
  exitStatus: [["0", EXIT_OK], ["1", "no such recipe"], ["2", EXIT_USAGE]],
  execute: (invocation, context) =>
    executeTexts(invocation, { context, wording: { shelf: "recipes", command: "recipes", noun: "recipe" } }),
});
