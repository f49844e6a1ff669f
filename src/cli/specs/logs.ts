/** `harnex logs`: its options and help. */

import { HarnexError } from "../../model/errors.ts";
import { defineCommand, type Invocation } from "../parser/command.ts";
import { flag, integer, type ValuesOf, withDefault } from "../parser/option.ts";
import { CLI, EXIT_FAILED, EXIT_USAGE, NO_LIMIT, REPO, REQUIRED_ID } from "./shared_options.ts";

const LOGS_OPTIONS = {
  id: REQUIRED_ID,
  lines: withDefault(integer({ range: { min: 0, max: NO_LIMIT }, help: "how many lines from the end" }), {
    value: 200,
    text: "200",
  }),
  follow: flag("go on printing until the session exits"),
  plain: flag("readable text: no escape sequences, no redrawn lines"),
  raw: flag("the agent's bytes as they are, on a terminal, too"),
  repo: REPO,
  cli: CLI,
};

export type LogsOptions = ValuesOf<typeof LOGS_OPTIONS>;
export type LogsInvocation = Invocation<LogsOptions>;

export const LOGS = defineCommand({
  name: "logs",
  summary: "print what the agent printed",
  paragraph: "Prints the end of a session's transcript: all that the agent wrote to its terminal, or, for an agent " +
    "without one, its messages, commands and file changes as text. Works for live and for ended sessions.",
  usage: ["logs --id ID [options]"],
  options: LOGS_OPTIONS,
  arguments: {},
  examples: [
    { note: "the last words of a worker, readable", command: "harnex logs --id cx-1 --lines 40 --plain" },
    { note: "look over its shoulder", command: "harnex logs --id cx-1 --follow" },
  ],
  gotchas: [
    "In a pipe the agent's bytes come as they are; on a terminal, which would obey them, only their text.",
    "Raw bytes are hard to read; use --plain, or pane for what is on its screen now.",
    "Runs that use the same id one after the other share one transcript.",
  ],
  exitStatus: [["0", "printed"], ["1", EXIT_FAILED], ["2", EXIT_USAGE]],
  check({ options }) {
    if (options.plain && options.follow) {
      throw new HarnexError("usage", "--plain shows what is there; use --follow without it");
    }
    if (options.plain && options.raw) throw new HarnexError("usage", "--plain and --raw contradict each other");
  },
  load: () => import("../commands/logs.ts"),
});
