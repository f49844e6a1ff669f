/** `harnex watch`: resumes a session that stalls. */

import { resolveTarget } from "../../client/target.ts";
import { watchSession } from "../../client/watch.ts";
import type { CommandContext } from "../context.ts";
import { defineCommand, type InvocationOf } from "../parser/command.ts";
import { choice } from "../parser/option.ts";
import { CLI, EXIT_USAGE, REPO, REQUIRED_ID } from "../parser/shared_options.ts";
import { PRESET_HELP, PRESET_NAMES, watchLimits, watchOptions } from "../parser/watch_options.ts";

const OPTIONS = {
  id: REQUIRED_ID,
  ...watchLimits(""),
  preset: choice({
    choices: PRESET_NAMES,
    help: PRESET_HELP,
  }),
  repo: REPO,
  cli: CLI,
};

type Call = InvocationOf<typeof OPTIONS>;

export const command = defineCommand({
  name: "watch",
  paragraph:
    "Checks a running session every minute. If the agent has printed nothing for a while and its turn is not " +
    "complete, the command sends it a resume message. After the last resume it escalates: it exits with status " +
    "2. An agent that reported the end of its turn, or that waits for an answer, is not stalled. run --watch " +
    "does the same for a session that it starts.",
  usage: ["watch --id ID [options]"],
  options: OPTIONS,
  arguments: {},
  examples: [
    { note: "a worker that is often silent for a long time", command: "harnex watch --id cx-1 --preset gate" },
    {
      note: "two resumes, each after 3 minutes without output",
      command: "harnex watch --id cx-1 --stall-after 3m --max-resumes 2",
    },
  ],
  gotchas: [
    "The session continues when the watch ends.",
    "An agent known only by its screen (see: harnex guide adapters) also counts as stalled at its prompt.",
  ],
  exitStatus: [
    ["0", "the session has exited"],
    ["1", "no such session, or three failed readings in a row"],
    ["2", `escalated; also: ${EXIT_USAGE}`],
  ],
  execute,
});

async function execute({ options }: Call, context: CommandContext): Promise<number> {
  const { store, session } = await resolveTarget(context, options);
  return await watchSession(store, session, watchOptions(options, context));
}
