/** `harnex attach`: shows a session in the user's own terminal and passes keys on. */

import { attachTerminal } from "../../client/attach.ts";
import { resolveTarget } from "../../client/target.ts";
import type { CommandContext } from "../context.ts";
import { defineCommand, type InvocationOf } from "../parser/command.ts";
import { flag } from "../parser/option.ts";
import { CLI, EXIT_USAGE, REPO, REQUIRED_ID } from "../parser/shared_options.ts";

const OPTIONS = {
  id: REQUIRED_ID,
  readOnly: flag("only look: no key reaches the agent, and its size stays"),
  repo: REPO,
  cli: CLI,
};

type Call = InvocationOf<typeof OPTIONS>;

export const command = defineCommand({
  name: "attach",
  paragraph: "Shows the agent's screen as it is now and then live; keys go to the agent, whose size follows your " +
    "terminal. Ctrl-] and then d leaves it running; Ctrl-] twice sends one Ctrl-]. Several people may look at once.",
  usage: ["attach --id ID [--read-only]"],
  options: OPTIONS,
  arguments: {},
  examples: [
    { note: "take over a worker in the background", command: "harnex attach --id cl-1" },
    { note: "look over its shoulder", command: "harnex attach --id cl-1 --read-only" },
  ],
  gotchas: [
    "While a draft is in the agent's input box, messages to it wait.",
    "Agents driven by JSON-RPC have no terminal: read them by logs --follow.",
    "A foreground or tmux session keeps the size of its own terminal.",
  ],
  exitStatus: [
    ["0", "detached, or the session has ended"],
    ["1", "no such session, no terminal, or the connection broke"],
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
