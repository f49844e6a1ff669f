/** `help`, `version`, `completions` and the hidden commands: those about harnex itself. */

import { optionalWord, requiredChoice, requiredWord } from "../parser/argument.ts";
import { defineCommand, type Invocation } from "../parser/command.ts";
import type { ValuesOf } from "../parser/option.ts";
import { EXIT_OK, EXIT_USAGE } from "./shared_options.ts";

type None = Readonly<Record<never, never>>;

const HELP_ARGUMENTS = {
  command: optionalWord({ placeholder: "command", completes: "commands", help: "the command to explain" }),
};
export type HelpInvocation = Invocation<None, ValuesOf<typeof HELP_ARGUMENTS>>;

export const HELP = defineCommand({
  name: "help",
  summary: "explain a command",
  paragraph: "Prints the overview, or all about one command: what it does, its options, examples, what to beware of, " +
    "and its exit statuses.",
  usage: ["help [command]"],
  options: {},
  arguments: HELP_ARGUMENTS,
  examples: [
    { note: "all about run", command: "harnex help run" },
    { note: "the same", command: "harnex run --help" },
  ],
  gotchas: ["harnex run codex --help is harnex's help; the agent's own is harnex run codex -- --help."],
  exitStatus: [["0", EXIT_OK], ["2", "no such command"]],
  load: () => import("../commands/help.ts"),
});

export type VersionInvocation = Invocation<None>;

export const VERSION_COMMAND = defineCommand({
  name: "version",
  summary: "print the version",
  paragraph: "Prints the version of harnex and its date.",
  usage: ["version"],
  options: {},
  arguments: {},
  examples: [
    { note: "the version", command: "harnex version" },
    { note: "the same", command: "harnex --version" },
  ],
  gotchas: ["A session goes on with the version it was started with; status --json names it."],
  exitStatus: [["0", EXIT_OK], ["2", EXIT_USAGE]],
  load: () => import("../commands/version.ts"),
});

const COMPLETIONS_ARGUMENTS = {
  shell: requiredChoice({ placeholder: "shell", choices: ["bash", "zsh", "fish"], help: "the shell to write for" }),
};
export type CompletionsInvocation = Invocation<None, ValuesOf<typeof COMPLETIONS_ARGUMENTS>>;

export const COMPLETIONS = defineCommand({
  name: "completions",
  summary: "print a completion script for a shell",
  paragraph: "Prints a script that makes the shell complete commands, options, their values and the ids of live " +
    "sessions.",
  usage: ["completions bash|zsh|fish"],
  options: {},
  arguments: COMPLETIONS_ARGUMENTS,
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
  load: () => import("../commands/completions.ts"),
});

const COMPLETE_ARGUMENTS = {
  kind: requiredChoice({
    placeholder: "kind",
    choices: ["ids", "guides", "recipes", "topics", "agents", "commands"],
    help: "what to list",
  }),
};
export type CompleteInvocation = Invocation<None, ValuesOf<typeof COMPLETE_ARGUMENTS>>;

export const COMPLETE = defineCommand({
  name: "__complete",
  hidden: true,
  summary: "list values for completion scripts",
  paragraph: "Prints one value a line. Completion scripts call it; the format may change with any version.",
  usage: ["__complete ids|guides|recipes|topics|agents|commands"],
  options: {},
  arguments: COMPLETE_ARGUMENTS,
  examples: [],
  gotchas: [],
  exitStatus: [["0", EXIT_OK], ["2", EXIT_USAGE]],
  load: () => import("../commands/complete.ts"),
});

const HOST_ARGUMENTS = { file: requiredWord({ placeholder: "file", help: "what to start, written by run" }) };
export type HostInvocation = Invocation<None, ValuesOf<typeof HOST_ARGUMENTS>>;

export const HOST = defineCommand({
  name: "__host",
  hidden: true,
  summary: "be the host of a session",
  paragraph: "Hosts the session that run has described in a file. Started by run; the format may change at any time.",
  usage: ["__host FILE"],
  options: {},
  arguments: HOST_ARGUMENTS,
  examples: [],
  gotchas: [],
  exitStatus: [["0", EXIT_OK], ["1", "the session could not be started"], ["2", EXIT_USAGE]],
  load: () => import("../commands/host.ts"),
});
