/** `harnex attach`: its options and help. */

import { defineCommand, type Invocation } from "../parser/command.ts";
import { flag, type ValuesOf } from "../parser/option.ts";
import { CLI, EXIT_USAGE, REPO, REQUIRED_ID } from "./shared_options.ts";

const ATTACH_OPTIONS = {
  id: REQUIRED_ID,
  readOnly: flag("only look: no key reaches the agent, and its size stays"),
  repo: REPO,
  cli: CLI,
};

export type AttachInvocation = Invocation<ValuesOf<typeof ATTACH_OPTIONS>>;

export const ATTACH = defineCommand({
  name: "attach",
  summary: "look at a session in your own terminal, and type to its agent",
  paragraph: "Shows the agent's screen as it is now and then live; keys go to the agent, whose size follows your " +
    "terminal. Ctrl-] and then d leaves it running; Ctrl-] twice sends one Ctrl-]. Several people may look at once.",
  usage: ["attach --id ID [--read-only]"],
  options: ATTACH_OPTIONS,
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
  load: () => import("../commands/attach.ts"),
});
