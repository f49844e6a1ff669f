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
  lines: withDefault(integer({ range: { min: 0, max: NO_LIMIT }, help: "number of lines from the end" }), {
    value: 200,
    text: "200",
  }),
  follow: flag("continue until the session exits"),
  plain: flag("readable text, without escape sequences and redrawn lines"),
  raw: flag("print the agent's bytes unchanged, even on a terminal"),
  repo: REPO,
  cli: CLI,
};

type Call = InvocationOf<typeof OPTIONS>;

export const command = defineCommand({
  name: "logs",
  paragraph:
    "Prints the end of a session's transcript: everything that the agent wrote to its terminal, or, for an agent " +
    "without a terminal, its messages, commands and file changes as text. Works for live and ended sessions.",
  usage: ["logs --id ID [options]"],
  options: OPTIONS,
  arguments: {},
  examples: [
    { note: "the last lines of a worker, as text", command: "harnex logs --id cx-1 --lines 40 --plain" },
    { note: "follow a worker's output", command: "harnex logs --id cx-1 --follow" },
  ],
  gotchas: [
    "In a pipe the bytes are unchanged. On a terminal only the text is printed, because a terminal executes " +
    "escape sequences.",
    "Raw bytes are hard to read. Use --plain, or pane for the current screen.",
    "Consecutive runs with the same id share one transcript.",
  ],
  exitStatus: [["0", "printed"], ["1", EXIT_FAILED], ["2", EXIT_USAGE]],
  check({ options }) {
    if (options.plain && options.follow) {
      throw new HarnexError("usage", "--plain and --follow cannot be combined");
    }
    if (options.plain && options.raw) throw new HarnexError("usage", "--plain and --raw cannot be combined");
  },
  execute,
});

async function execute({ options }: Call, context: CommandContext): Promise<number> {
  const { output } = context;
  const { store, repoRoot } = await resolvePlace(context, options);
  const found = await findFiles(store, { id: options.id, repoRoot, cli: options.cli });
  // A terminal gets the text as it was drawn on the agent's screen; with --follow it comes as it is printed.
  if (options.plain || (output.isTerminal && !options.raw && !options.follow)) {
    for (const line of await readPlainLog(store, found, options.lines)) output.line(line);
    return 0;
  }
  const show = output.transcript(options.raw ? "raw" : "safe");
  for await (const bytes of streamLog(store, found, { lines: options.lines, follow: options.follow })) show(bytes);
  return 0;
}
