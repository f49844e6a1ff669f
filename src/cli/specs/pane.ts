/** `harnex pane`: its options and help. */

import { defineCommand, type Invocation } from "../parser/command.ts";
import { duration, flag, integer, type ValuesOf, withDefault } from "../parser/option.ts";
import { CLI, EXIT_FAILED, EXIT_USAGE, NO_LIMIT, REPO, REQUIRED_ID } from "./shared_options.ts";

const PANE_OPTIONS = {
  id: REQUIRED_ID,
  lines: integer({ range: { min: 1, max: NO_LIMIT }, help: "only the last lines", defaultText: "the whole screen" }),
  follow: flag("print the screen again and again"),
  interval: withDefault(duration({ placeholder: "SECS", help: "with --follow: how often" }), {
    value: { ms: 1_000 },
    text: "1",
  }),
  ansi: flag("keep colours"),
  json: flag("print one JSON line"),
  repo: REPO,
  cli: CLI,
};

export type PaneOptions = ValuesOf<typeof PANE_OPTIONS>;
export type PaneInvocation = Invocation<PaneOptions>;

export const PANE = defineCommand({
  name: "pane",
  summary: "print what is on the agent's screen now",
  paragraph:
    "Prints the agent's screen as a person would see it: from tmux for a session in a tmux window, else from " +
    "the terminal that harnex keeps for it.",
  usage: ["pane --id ID [options]"],
  options: PANE_OPTIONS,
  arguments: {},
  examples: [
    { note: "a quick look at a worker", command: "harnex pane --id cx-1 --lines 30" },
    { note: "for a script", command: "harnex pane --id cx-1 --json" },
  ],
  gotchas: [
    "A screen is a weak signal: a finished agent and a waiting one can look the same.",
    "--lines counts from the bottom of the screen.",
  ],
  exitStatus: [["0", "printed"], ["1", EXIT_FAILED], ["2", EXIT_USAGE]],
  load: () => import("../commands/pane.ts"),
});
