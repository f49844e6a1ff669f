/** `harnex wait`: its options and help. */

import { HarnexError } from "../../model/errors.ts";
import { defineCommand, type Invocation } from "../parser/command.ts";
import { duration, flag, integer, repeated, sessionId, text, type ValuesOf } from "../parser/option.ts";
import { EXIT_USAGE, NO_LIMIT, REPO } from "./shared_options.ts";

/**
 * What `--until` can come true for, besides the adapters' own names of states. `wait` waits for any other word, too:
 * scripts may name a state that only a later version knows.
 */
export const UNTIL = ["task_complete", "task_failed", "done", "prompt", "busy", "blocked", "unknown", "exited"];

const WAIT_OPTIONS = {
  id: repeated(sessionId({ help: "the session; may be given several times" }), "harnex status lists the sessions"),
  until: text({
    placeholder: "STATE",
    suggestions: UNTIL,
    help: "task_complete, task_failed, done, or a state: prompt, busy, blocked, exited, or an agent's own name of " +
      "one, such as permission",
    defaultText: "the session has exited",
  }),
  timeout: duration({ placeholder: "SECS", help: "give up after this long", defaultText: "never" }),
  next: flag("ignore what has already happened"),
  since: integer({
    placeholder: "SEQ",
    range: { min: 0, max: NO_LIMIT },
    help: "ignore events up to this sequence number",
  }),
  any: flag("of several sessions: return when the first is there"),
  all: flag("of several sessions: return when all are there"),
  heartbeat: duration({ help: "say on stderr, this often, that it still waits" }),
  repo: REPO,
};

export type WaitOptions = ValuesOf<typeof WAIT_OPTIONS>;
export type WaitInvocation = Invocation<WaitOptions>;

export const WAIT = defineCommand({
  name: "wait",
  summary: "wait until a session exits or reaches a state",
  paragraph: "Waits without polling. Without --until it prints the session's exit record and takes over the agent's " +
    "exit status, also when the session ended earlier. With --until it waits for an event or a state and prints " +
    "one JSON line; with several sessions one line for each.",
  usage: ["wait --id ID [--until STATE] [options]", "wait --id A --id B (--any | --all) [options]"],
  options: WAIT_OPTIONS,
  arguments: {},
  examples: [
    {
      note: "the end of the current task, at most ten minutes",
      command: "harnex wait --id cx-1 --until done --timeout 10m",
    },
    { note: "whichever of two workers finishes first", command: "harnex wait --id cx-1 --id cx-2 --until done --any" },
  ],
  gotchas: [
    "--until task_complete counts a completion that is already past; --next ignores those.",
    "A state name that harnex does not know is warned of, and waited for all the same.",
    "Of several ids, --all prints a line for one that is unknown, too; --any notes it and waits for the others.",
    "A completed turn is not an accepted result: look at the files, the tests and git.",
  ],
  exitStatus: [
    ["0", "the state was reached; without --until: the agent's own status"],
    ["1", "the session ended first, the task failed (--until done), or the id is unknown"],
    ["2", EXIT_USAGE],
    ["3", "--until done: no such session"],
    ["124", "--timeout ran out"],
  ],
  check: checkWait,
  load: () => import("../commands/wait.ts"),
});

function checkWait({ options }: WaitInvocation): void {
  if (options.any && options.all) throw new HarnexError("usage", "--any and --all contradict each other");
  if (options.next && options.since !== undefined) {
    throw new HarnexError("usage", "--next and --since contradict each other: both say where to begin");
  }
  if (options.id.length > 1 && !options.any && !options.all) {
    throw new HarnexError("usage", "several --id need --any or --all: wait for the first, or for every one?");
  }
}
