/** `harnex stop`: stops sessions. */

import { type StopRequest, stopSession } from "../../client/stop.ts";
import { listTargets, resolvePlace, resolveTarget, type Target } from "../../client/target.ts";
import { HarnexError } from "../../model/errors.ts";
import type { CommandContext } from "../context.ts";
import { defineCommand, type InvocationOf } from "../parser/command.ts";
import { duration, flag, sessionId, withDefault } from "../parser/option.ts";
import { CLI, EXIT_FAILED, EXIT_USAGE, REPO } from "../parser/shared_options.ts";
import { spinWhile } from "../ui/spinner.ts";

const OPTIONS = {
  id: sessionId({ help: "the session; required without --all" }),
  all: flag("stop every session of the repository"),
  wait: flag("return when the session has exited"),
  killAfter: duration({ help: "grace period before SIGTERM, and again before SIGKILL" }),
  timeout: withDefault(duration({ placeholder: "SECS", help: "time limit for reaching the session" }), {
    value: { ms: 5_000 },
    text: "5",
  }),
  repo: REPO,
  cli: CLI,
};

type Call = InvocationOf<typeof OPTIONS>;

export const command = defineCommand({
  name: "stop",
  paragraph:
    "Shuts the agent down gracefully, with an interrupt and its own exit command, then escalates to SIGTERM and " +
    "SIGKILL, including child processes. Prints one JSON line that names the first step taken.",
  usage: ["stop --id ID [options]", "stop --all [options]"],
  options: OPTIONS,
  arguments: {},
  examples: [
    { note: "stop a session and wait until it has exited", command: "harnex stop --id cx-1 --wait" },
    { note: "stop all sessions of this repository", command: "harnex stop --all --wait" },
  ],
  gotchas: [
    "Without --wait the session may still be shutting down when the command returns.",
    "A second stop escalates to the next, stronger step.",
    "A running turn is interrupted. Files that the agent has written stay as they are.",
  ],
  exitStatus: [
    ["0", "the stop was requested; with --wait: the session has exited"],
    ["1", EXIT_FAILED],
    ["2", EXIT_USAGE],
    ["124", "the session could not be reached within --timeout"],
  ],
  check: ({ options }: Call) => {
    if (options.id === undefined && !options.all) {
      throw new HarnexError("usage", "missing argument: --id ID (or --all); harnex status lists the sessions");
    }
    if (options.id !== undefined && options.all) {
      throw new HarnexError("usage", "--id and --all contradict each other: stop one session, or every one?");
    }
  },
  execute,
});

async function execute({ options }: Call, context: CommandContext): Promise<number> {
  const targets = await chooseTargets(options, context);
  const request: StopRequest = {
    graceMs: options.killAfter?.ms,
    timeoutMs: options.timeout.ms,
    until: options.wait ? "exited" : "asked",
  };
  const what = `stopping ${targets.map(({ session }) => session.record.id).join(", ")}`;
  const codes = await spinWhile(context, what, () =>
    Promise.all(targets.map(async (target) => {
      const { answer, code } = await stopSession(target, request);
      context.output.json(answer);
      return code;
    })));
  return Math.max(0, ...codes);
}

async function chooseTargets(options: Call["options"], context: CommandContext): Promise<Target[]> {
  const { id, repo, cli } = options;
  if (id !== undefined) return [await resolveTarget(context, { id, repo, cli })];
  const place = await resolvePlace(context, options);
  return (await listTargets(place)).map((session) => ({ store: place.store, session }));
}
