/** `harnex explain`: its options and help. */

import { HarnexError } from "../../model/errors.ts";
import { defineCommand, type Invocation } from "../parser/command.ts";
import { flag, integer, sessionId, text, type ValuesOf, withDefault } from "../parser/option.ts";
import { CLI, EXIT_FAILED, EXIT_USAGE, REPO } from "./shared_options.ts";

/** A terminal is not wider or higher than this. */
const MAX_SIZE = 1_000;

const EXPLAIN_OPTIONS = {
  id: sessionId({ help: "the session" }),
  json: flag("print one JSON line"),
  recording: text({
    placeholder: "FILE",
    completes: "files",
    help: "instead of a session: a recorded terminal stream, such as a transcript",
  }),
  agent: text({ placeholder: "NAME", completes: "agents", help: "with --recording: the agent that printed it" }),
  rows: withDefault(integer({ range: { min: 2, max: MAX_SIZE }, help: "with --recording: height of the terminal" }), {
    value: 40,
    text: "40",
  }),
  columns: withDefault(
    integer({ range: { min: 2, max: MAX_SIZE }, help: "with --recording: width of the terminal" }),
    { value: 120, text: "120" },
  ),
  repo: REPO,
  cli: CLI,
};

export type ExplainInvocation = Invocation<ValuesOf<typeof EXPLAIN_OPTIONS>>;

export const EXPLAIN = defineCommand({
  name: "explain",
  summary: "say why harnex believes an agent to be in its state",
  paragraph: "Shows the state of a session with the source that decided it, what every other source says, and the " +
    "screen that was read. With --recording it plays a recorded terminal stream through an agent's adapter and shows " +
    "each change of what the screen says.",
  usage: ["explain --id ID [options]", "explain --recording FILE --agent NAME [options]"],
  options: EXPLAIN_OPTIONS,
  arguments: {},
  examples: [
    { note: "why is it called busy?", command: "harnex explain --id cl-1" },
    { note: "what would harnex have seen?", command: "harnex explain --recording session.log --agent claude" },
  ],
  gotchas: [
    "Sources are listed strongest first; a weaker one never overrules a stronger one about the same turn.",
    "A transcript was printed on a terminal of some size: give --rows and --columns if it was not 40 by 120.",
  ],
  exitStatus: [["0", "explained"], ["1", EXIT_FAILED], ["2", EXIT_USAGE]],
  check: ({ options }: ExplainInvocation) => {
    if ((options.id === undefined) === (options.recording === undefined)) {
      throw new HarnexError("usage", "give --id ID, or --recording FILE with --agent NAME");
    }
    if (options.recording !== undefined && options.agent === undefined) {
      throw new HarnexError("usage", "--recording needs --agent NAME: whose screens are they?");
    }
  },
  load: () => import("../commands/explain.ts"),
});
