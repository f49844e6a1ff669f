/** `guide`, `agents-guide` and `recipes`: the commands that print the embedded texts. */

import { optionalWord } from "../parser/argument.ts";
import { defineCommand, type Invocation } from "../parser/command.ts";
import { flag, type ValuesOf } from "../parser/option.ts";
import { EXIT_OK, EXIT_USAGE } from "./shared_options.ts";

const NAME_GOTCHA = "A name is matched whole, then as a beginning, then as a part: dispatch finds 01_dispatch.";
const PAGER_GOTCHA = "On a terminal it opens in PAGER, or less; PAGER=cat prevents that. In a pipe it is plain text.";

const TEXTS_OPTIONS = { json: flag("print the list as a JSON array, a text as {name, title, text}") };

const topic = (completes: "guides" | "recipes" | "topics") => ({
  first: optionalWord({
    placeholder: "topic",
    completes,
    help: "a name, its beginning or a part of it; or list, show",
  }),
  second: optionalWord({ placeholder: "topic", completes, help: "after show: the name" }),
});
const TOPICS_ARGUMENTS = topic("topics");
const GUIDES_ARGUMENTS = topic("guides");
const RECIPES_ARGUMENTS = topic("recipes");

export type TextsOptions = ValuesOf<typeof TEXTS_OPTIONS>;
export type TextsArguments = ValuesOf<typeof GUIDES_ARGUMENTS>;
export type TextsInvocation = Invocation<TextsOptions, TextsArguments>;

export const GUIDE = defineCommand({
  name: "guide",
  summary: "print the getting-started text, and references, for people",
  paragraph:
    "Prints how to start, watch, instruct and stop agents with harnex, from the first command on; or, with a " +
    "topic, a reference: events, the HTTP API, configuration, guarantees and more.",
  usage: ["guide [list]", "guide [show] TOPIC"],
  options: TEXTS_OPTIONS,
  arguments: TOPICS_ARGUMENTS,
  examples: [
    { note: "from the first command on", command: "harnex guide" },
    { note: "every variable that harnex reads", command: "harnex guide configuration" },
  ],
  gotchas: ["The texts are part of the program: they always belong to this version.", NAME_GOTCHA, PAGER_GOTCHA],
  exitStatus: [["0", EXIT_OK], ["1", "no such topic"], ["2", EXIT_USAGE]],
  load: () => import("../commands/guide.ts"),
});

export const AGENTS_GUIDE = defineCommand({
  name: "agents-guide",
  summary: "print the guides for agents that use harnex",
  paragraph: "Lists or prints the texts that teach an agent to delegate to other agents: how to dispatch, chain, " +
    "watch and name them.",
  usage: ["agents-guide [list]", "agents-guide [show] TOPIC"],
  options: TEXTS_OPTIONS,
  arguments: GUIDES_ARGUMENTS,
  examples: [
    { note: "what there is", command: "harnex agents-guide" },
    { note: "how to hand over a task", command: "harnex agents-guide dispatch" },
  ],
  gotchas: [NAME_GOTCHA, PAGER_GOTCHA],
  exitStatus: [["0", EXIT_OK], ["1", "no such topic"], ["2", EXIT_USAGE]],
  load: () => import("../commands/agents_guide.ts"),
});

export const RECIPES = defineCommand({
  name: "recipes",
  summary: "print worked examples",
  paragraph: "Lists or prints recipes: complete sequences of commands for tasks that come up again and again.",
  usage: ["recipes [list]", "recipes [show] RECIPE"],
  options: TEXTS_OPTIONS,
  arguments: RECIPES_ARGUMENTS,
  examples: [
    { note: "what there is", command: "harnex recipes" },
    { note: "start a worker and watch it", command: "harnex recipes show fire_and_watch" },
  ],
  gotchas: [NAME_GOTCHA, PAGER_GOTCHA],
  exitStatus: [["0", EXIT_OK], ["1", "no such recipe"], ["2", EXIT_USAGE]],
  load: () => import("../commands/recipes.ts"),
});
