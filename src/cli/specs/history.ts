/** `harnex history` and `harnex prune`: options and help of the two commands about what is over. */

import { defineCommand, type Invocation } from "../parser/command.ts";
import { duration, flag, integer, text, type ValuesOf, withDefault } from "../parser/option.ts";
import { EXIT_FAILED, EXIT_USAGE, NO_LIMIT } from "./shared_options.ts";

const DAY_MS = 86_400_000;
const KEEP_DAYS = 45;

const HISTORY_OPTIONS = {
  limit: withDefault(integer({ range: { min: 1, max: NO_LIMIT }, help: "at most this many" }), {
    value: 20,
    text: "20",
  }),
  since: duration({ help: "only what still ran or ended within this time" }),
  id: text({ placeholder: "TEXT", help: "only ids that contain this" }),
  all: flag("dispatches of every repository"),
  json: flag("print a JSON array with all that is known of each"),
  repo: text({
    placeholder: "PATH",
    completes: "directories",
    help: "dispatches in the repository of this directory",
    defaultText: "the current directory",
  }),
};

export type HistoryOptions = ValuesOf<typeof HISTORY_OPTIONS>;
export type HistoryInvocation = Invocation<HistoryOptions>;

export const HISTORY = defineCommand({
  name: "history",
  summary: "list past and running dispatches",
  paragraph: "Lists what was run in this repository and how it ended: running sessions first, then the latest. EXIT " +
    "judges the work, CODE is the agent's own exit code; TOKENS are input and output, CHANGES commits and lines.",
  usage: ["history [options]"],
  options: HISTORY_OPTIONS,
  arguments: {},
  examples: [
    { note: "what happened since yesterday, everywhere", command: "harnex history --all --since 1d" },
    { note: "how the last worker for issue 23 ended", command: "harnex history --id 23 --limit 1 --json" },
  ],
  gotchas: [
    "interrupted means that the host died and nobody has cleaned up yet: harnex doctor --sweep.",
    "Changes are measured against the files as they were at the start, committed or not.",
    "A number that is not known is shown as -.",
  ],
  exitStatus: [["0", "listed, also when there is none"], ["1", EXIT_FAILED], ["2", EXIT_USAGE]],
  load: () => import("../commands/history.ts"),
});

const PRUNE_OPTIONS = {
  olderThan: withDefault(duration({ help: "remove what ended longer ago than this" }), {
    value: { ms: KEEP_DAYS * DAY_MS },
    text: `${KEEP_DAYS}d`,
  }),
  maxBytes: integer({
    range: { min: 0, max: NO_LIMIT },
    help: "then go on with the oldest until all sessions' files together have at most this size",
  }),
  dryRun: flag("only say what would be removed"),
};

export type PruneOptions = ValuesOf<typeof PRUNE_OPTIONS>;
export type PruneInvocation = Invocation<PruneOptions>;

export const PRUNE = defineCommand({
  name: "prune",
  summary: "remove what ended sessions have left",
  paragraph:
    "Removes transcripts, events, exit records and logs of sessions that ended, in all repositories, and their " +
    "lines in the ledger. Live sessions are never touched. Prints one JSON line.",
  usage: ["prune [options]"],
  options: PRUNE_OPTIONS,
  arguments: {},
  examples: [
    { note: "what would go", command: "harnex prune --older-than 30d --dry-run" },
    { note: "keep at most a gigabyte", command: "harnex prune --max-bytes 1000000000" },
  ],
  gotchas: [
    "After this, wait, logs, events and history no longer know those sessions.",
    "Sessions whose host died are accounted for first, and count as ended at that moment.",
  ],
  exitStatus: [["0", "done, also when there was nothing to do"], ["1", EXIT_FAILED], ["2", EXIT_USAGE]],
  load: () => import("../commands/prune.ts"),
});
