/** `harnex logs`: prints a session's transcript. */

import { findFiles } from "../../client/find_files.ts";
import { readPlainLog, streamLog } from "../../client/logs.ts";
import { resolvePlace } from "../../client/target.ts";
import { HarnexError } from "../../model/errors.ts";
import type { CommandContext } from "../context.ts";
import { defineCommand, type InvocationOf } from "../parser/command.ts";
import { flag, integer, withDefault } from "../parser/option.ts";
import { CLI, EXIT_FAILED, EXIT_USAGE, NO_LIMIT, REPO, REQUIRED_ID } from "../parser/shared_options.ts";

const OPTIONS = {
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

type Call = InvocationOf<typeof OPTIONS>;

export const command = defineCommand({
  name: "logs",
  paragraph: "Prints the end of a session's transcript: all that the agent wrote to its terminal, or, for an agent " +
    "without one, its messages, commands and file changes as text. Works for live and for ended sessions.",
  usage: ["logs --id ID [options]"],
  options: OPTIONS,
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
  execute,
});

async function execute({ options }: Call, context: CommandContext): Promise<number> {
  const { output } = context;
  const { store, repoRoot } = await resolvePlace(context, options);
  const found = await findFiles(store, { id: options.id, repoRoot, cli: options.cli });
  // What a person reads is drawn first, as it was on the agent's screen; while it grows it comes as it is printed.
  if (options.plain || (output.isTerminal && !options.raw && !options.follow)) {
    for (const line of await readPlainLog(store, found, options.lines)) output.line(line);
    return 0;
  }
  const show = output.transcript(options.raw ? "raw" : "safe");
  for await (const bytes of streamLog(store, found, { lines: options.lines, follow: options.follow })) show(bytes);
  return 0;
}
