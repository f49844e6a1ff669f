/** `harnex events`: prints a session's events. */

import { readSessionEvents } from "../../client/events.ts";
import { findFiles } from "../../client/find_files.ts";
import { resolvePlace } from "../../client/target.ts";
import { messageOf } from "../../model/errors.ts";
import type { CommandContext } from "../context.ts";
import { defineCommand, type InvocationOf } from "../parser/command.ts";
import { instant, toggle, withDefault } from "../parser/option.ts";
import { CLI, EXIT_USAGE, REPO, REQUIRED_ID } from "../parser/shared_options.ts";

const OPTIONS = {
  id: REQUIRED_ID,
  follow: withDefault(
    toggle("continue until the session exits; --snapshot means --no-follow", {
      aliases: { snapshot: "no-follow" },
    }),
    { value: true, text: "follow" },
  ),
  from: instant({ help: "only events at or after this ISO 8601 time" }),
  repo: REPO,
  cli: CLI,
};

type Call = InvocationOf<typeof OPTIONS>;

export const command = defineCommand({
  name: "events",
  paragraph:
    "Prints the events of a session, one JSON object per line, and follows them until the session exits. Version " +
    "1 of the format only gains fields.",
  usage: ["events --id ID [options]"],
  options: OPTIONS,
  arguments: {},
  examples: [
    { note: "all events so far", command: "harnex events --id cx-1 --snapshot" },
    { note: "events from a point in time", command: "harnex events --id cx-1 --from 2026-01-31T09:30:00Z" },
  ],
  gotchas: [
    "The command follows by default. A script that needs only the current events uses --snapshot.",
    "seq starts at 1 in every run. session_id distinguishes runs with the same id.",
  ],
  exitStatus: [
    ["0", "the session has exited, or the snapshot was printed"],
    ["1", "the event log is missing, or was cut or removed"],
    ["2", `${EXIT_USAGE}, or --from is not an ISO 8601 time`],
  ],
  execute,
});

async function execute({ options }: Call, context: CommandContext): Promise<number> {
  const { output } = context;
  const { store, repoRoot } = await resolvePlace(context, options);
  const found = await findFiles(store, { id: options.id, repoRoot, cli: options.cli });
  const events = readSessionEvents(store, found, {
    follow: options.follow,
    fromMs: options.from?.ms,
    complain: (error) => output.note(`harnex events: ${messageOf(error)}`),
  });
  for await (const event of events) output.json(event);
  return 0;
}
