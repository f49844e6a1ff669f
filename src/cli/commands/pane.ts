/** `harnex pane`: prints an agent's screen. */

import { followPane } from "../../client/follow_pane.ts";
import { openPane, type PaneText } from "../../client/pane.ts";
import { resolvePlace } from "../../client/target.ts";
import type { CommandContext } from "../context.ts";
import { defineCommand, type InvocationOf } from "../parser/command.ts";
import { duration, flag, integer, withDefault } from "../parser/option.ts";
import { CLI, EXIT_FAILED, EXIT_USAGE, NO_LIMIT, REPO, REQUIRED_ID } from "../parser/shared_options.ts";

const OPTIONS = {
  id: REQUIRED_ID,
  lines: integer({
    range: { min: 1, max: NO_LIMIT },
    help: "only the last lines of the screen",
    defaultText: "the whole screen",
  }),
  follow: flag("print the screen after every change"),
  interval: withDefault(duration({ placeholder: "SECS", help: "with --follow: time between two readings" }), {
    value: { ms: 1_000 },
    text: "1",
  }),
  ansi: flag("keep colours"),
  json: flag("print one JSON line"),
  repo: REPO,
  cli: CLI,
};

type Call = InvocationOf<typeof OPTIONS>;

export const command = defineCommand({
  name: "pane",
  paragraph:
    "Prints the agent's current screen: from tmux for a session in a tmux window, otherwise from harnex's own " +
    "terminal emulator.",
  usage: ["pane --id ID [options]"],
  options: OPTIONS,
  arguments: {},
  examples: [
    { note: "the last lines of a worker's screen", command: "harnex pane --id cx-1 --lines 30" },
    { note: "for a script", command: "harnex pane --id cx-1 --json" },
  ],
  gotchas: [
    "A screen is weak evidence: a finished agent and a waiting agent can look the same.",
    "--lines counts from the bottom of the screen.",
  ],
  exitStatus: [["0", "printed"], ["1", EXIT_FAILED], ["2", EXIT_USAGE]],
  execute,
});

const CLEAR = "\x1b[H\x1b[2J";

async function execute({ options }: Call, context: CommandContext): Promise<number> {
  const { output } = context;
  const { store, repoRoot } = await resolvePlace(context, options);
  const from = options.repo === undefined ? "anywhere" : "this repository";
  const pane = await openPane(store, { id: options.id, repoRoot, cli: options.cli, from });
  const how = { lines: options.lines, colours: options.ansi };
  let shown: string | undefined;
  const show = ({ id, source, captured_at, lines }: PaneText) => {
    const text = lines.map((line) => `${line}\n`).join("");
    // With --follow only changes are printed.
    if (text === shown) return;
    if (shown !== undefined && output.isTerminal && !options.json) output.block(CLEAR);
    shown = text;
    // As established, `lines` is the number that was asked for.
    if (options.json) output.json({ ok: true, id, captured_at, source, lines: options.lines ?? null, text });
    else if (options.ansi) output.coloured(lines);
    else for (const line of lines) output.line(line);
  };
  if (!options.follow) show(await pane.read(how));
  else for await (const text of followPane(store, pane, { ...how, intervalMs: options.interval.ms })) show(text);
  return 0;
}
