/** `harnex status`: its options and help. */

import { defineCommand, type Invocation } from "../parser/command.ts";
import { flag, sessionId, type ValuesOf } from "../parser/option.ts";
import { EXIT_FAILED, EXIT_USAGE, REPO } from "./shared_options.ts";

const STATUS_OPTIONS = {
  id: sessionId({ help: "only this session" }),
  all: flag("sessions of every repository"),
  json: flag("print a JSON array of full status objects"),
  repo: REPO,
};

export type StatusOptions = ValuesOf<typeof STATUS_OPTIONS>;
export type StatusInvocation = Invocation<StatusOptions>;

export const STATUS = defineCommand({
  name: "status",
  summary: "list live sessions and their states",
  paragraph:
    "Lists the live sessions of this repository, newest first. IDLE is the time since the agent last printed " +
    "anything; STATE is what harnex believes the agent is doing.",
  usage: ["status [options]"],
  options: STATUS_OPTIONS,
  arguments: {},
  examples: [
    { note: "everything that runs on this machine", command: "harnex status --all" },
    { note: "for a script", command: "harnex status --id cx-1 --json" },
  ],
  gotchas: [
    "prompt means that the agent would take a message, not that its work is done.",
    "A session that does not answer within a quarter of a second is listed without a state.",
    "Ended sessions are not listed; history, wait and logs still know them, and so does --json with --id: there " +
    "source says where the answer comes from.",
  ],
  exitStatus: [["0", "listed, also when there is none"], ["1", EXIT_FAILED], ["2", EXIT_USAGE]],
  load: () => import("../commands/status.ts"),
});
