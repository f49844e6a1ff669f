/** `harnex pane`: prints an agent's screen. */

import { resolve } from "node:path";
import { awaitEnd, awaitGone } from "../../client/follow.ts";
import { openPane, type PaneText } from "../../client/pane.ts";
import { repoRootOf } from "../../client/repo.ts";
import { openStore } from "../../client/store.ts";
import type { CommandContext } from "../context.ts";
import { defineCommand, type InvocationOf } from "../parser/command.ts";
import { duration, flag, integer, withDefault } from "../parser/option.ts";
import { CLI, EXIT_FAILED, EXIT_USAGE, NO_LIMIT, REPO, REQUIRED_ID } from "../parser/shared_options.ts";

const OPTIONS = {
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

type Call = InvocationOf<typeof OPTIONS>;

export const command = defineCommand({
  name: "pane",
  summary: "print what is on the agent's screen now",
  paragraph:
    "Prints the agent's screen as a person would see it: from tmux for a session in a tmux window, else from " +
    "the terminal that harnex keeps for it.",
  usage: ["pane --id ID [options]"],
  options: OPTIONS,
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
  execute,
});

const CLEAR = "\x1b[H\x1b[2J";

async function execute({ options }: Call, context: CommandContext): Promise<number> {
  const { platform, output } = context;
  const store = openStore(platform);
  const repoRoot = await repoRootOf(platform, resolve(context.cwd, options.repo ?? "."));
  const from = options.repo === undefined ? "anywhere" : "this repository";
  const pane = await openPane(store, { id: options.id, repoRoot, cli: options.cli, from });
  const read = () => pane.read({ lines: options.lines, colours: options.ansi });
  let shown: string | undefined;
  const show = ({ id, source, captured_at, lines }: PaneText) => {
    const text = lines.map((line) => `${line}\n`).join("");
    // Who follows is told what changes.
    if (text === shown) return;
    if (shown !== undefined && output.isTerminal && !options.json) output.block(CLEAR);
    shown = text;
    // As established, `lines` is the number that was asked for.
    if (options.json) output.json({ ok: true, id, captured_at, source, lines: options.lines ?? null, text });
    else if (options.ansi) output.coloured(lines);
    else for (const line of lines) output.line(line);
  };
  show(await read());
  if (!options.follow) return 0;

  const ended = new AbortController();
  const end = awaitEnd(store, pane.session, ended.signal).then(() => ended.abort());
  for (;;) {
    await platform.clock.sleep(options.interval.ms, ended.signal);
    if (ended.signal.aborted) break;
    try {
      show(await read());
    } catch (error) {
      // A session that ends takes its screen with it, and may do so under the reader's eyes.
      if (await awaitGone(store, pane.session) === undefined) throw error;
      break;
    }
  }
  await end;
  return 0;
}
