/** `harnex watch`: resumes a session that stalls. */

import { resolveTarget } from "../../client/target.ts";
import { watchSession } from "../../client/watch.ts";
import type { CommandContext } from "../context.ts";
import { defineCommand, type InvocationOf } from "../parser/command.ts";
import { choice, duration, integer } from "../parser/option.ts";
import { CLI, EXIT_USAGE, NO_LIMIT, REPO, REQUIRED_ID } from "../parser/shared_options.ts";
import { watchOptions } from "../parser/watch_options.ts";

const OPTIONS = {
  id: REQUIRED_ID,
  stallAfter: duration({ help: "this long without output is a stall", defaultText: "8m" }),
  maxResumes: integer({
    range: { min: 0, max: NO_LIMIT },
    help: "how often to resume before giving up",
    defaultText: "1",
  }),
  preset: choice({ choices: ["impl", "plan", "gate"], help: "8m and 1 resume, 3m and 2, or 15m and 0" }),
  repo: REPO,
  cli: CLI,
};

type Call = InvocationOf<typeof OPTIONS>;

export const command = defineCommand({
  name: "watch",
  paragraph: "Looks at a running session every minute. When it has printed nothing for a while although its turn is " +
    "not over, it is told to resume; when that was done often enough, the watch gives up and says so by its exit " +
    "status. An agent that has said itself that its turn is complete, or that waits for an answer, does not stall. " +
    "run --watch does the same for a session that it starts.",
  usage: ["watch --id ID [options]"],
  options: OPTIONS,
  arguments: {},
  examples: [
    { note: "a worker that may be quiet for long", command: "harnex watch --id cx-1 --preset gate" },
    {
      note: "resume twice, after 3 quiet minutes each",
      command: "harnex watch --id cx-1 --stall-after 3m --max-resumes 2",
    },
  ],
  gotchas: [
    "The session goes on when the watch ends, for whatever reason.",
    "An agent known by its screen alone (see: harnex guide adapters) counts as stalled at its prompt too.",
  ],
  exitStatus: [
    ["0", "the session has exited"],
    ["1", "there is no such session, or it could not be read three times in a row"],
    ["2", `gave up on the agent; also: ${EXIT_USAGE}`],
  ],
  execute,
});

async function execute({ options }: Call, context: CommandContext): Promise<number> {
  const { store, session } = await resolveTarget(context, options);
  return await watchSession(store, session, watchOptions(options, context));
}
