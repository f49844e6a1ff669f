/** `harnex attach`: shows a session in the user's terminal and sends keys to the agent. */

import { attachTerminal } from "../../client/attach.ts";
import { resolveTarget } from "../../client/target.ts";
import type { CommandContext } from "../context.ts";
import { defineCommand, type InvocationOf } from "../parser/command.ts";
import { flag } from "../parser/option.ts";
import { CLI, EXIT_USAGE, REPO, REQUIRED_ID } from "../parser/shared_options.ts";

const OPTIONS = {
  id: REQUIRED_ID,
  readOnly: flag("only watch: send no keys and do not resize the agent's terminal"),
  repo: REPO,
  cli: CLI,
};

type Call = InvocationOf<typeof OPTIONS>;

export const command = defineCommand({
  name: "attach",
  paragraph:
    "Shows the agent's screen in your terminal, live, and sends your keys to the agent. The agent's terminal " +
    "takes the size of yours. Press Ctrl-] and then d to detach; the agent continues to run. Ctrl-] twice sends " +
    "one Ctrl-]. Several users can attach at the same time.",
  usage: ["attach --id ID [--read-only]"],
  options: OPTIONS,
  arguments: {},
  examples: [
    { note: "take over a background worker", command: "harnex attach --id cl-1" },
    { note: "watch a worker without typing", command: "harnex attach --id cl-1 --read-only" },
  ],
  gotchas: [
    "While a draft is in the agent's input box, messages to the agent wait.",
    "Agents that use JSON-RPC have no terminal. Use logs --follow.",
    "A session in the foreground or in tmux keeps the size of its own terminal.",
  ],
  exitStatus: [
    ["0", "detached, or the session has ended"],
    ["1", "no such session, no terminal, or the connection failed"],
    ["2", EXIT_USAGE],
  ],
  execute,
});

async function execute({ options }: Call, context: CommandContext): Promise<number> {
  const { store, session } = await resolveTarget(context, options);
  const left = await attachTerminal(store, session, options.readOnly ? "read" : "write");
  context.output.note(`harnex attach: ${left}`);
  return 0;
}
