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
    toggle("whether to go on until the session exits; --snapshot means --no-follow", {
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
  paragraph: "Prints what happened in a session, one JSON object a line, and goes on as it happens until the session " +
    "exits. Version 1 of the format only ever gains fields.",
  usage: ["events --id ID [options]"],
  options: OPTIONS,
  arguments: {},
  examples: [
    { note: "what has happened so far", command: "harnex events --id cx-1 --snapshot" },
    { note: "from a point in time on", command: "harnex events --id cx-1 --from 2026-01-31T09:30:00Z" },
  ],
  gotchas: [
    "It follows by default: a script that wants what is there now says --snapshot.",
    "seq begins at 1 in every run; session_id tells runs with the same id apart.",
  ],
  exitStatus: [
    ["0", "the session has exited, or the snapshot is printed"],
    ["1", "the events are missing, were cut off, or disappeared"],
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
