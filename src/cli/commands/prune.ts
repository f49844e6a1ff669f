/** `harnex prune`: removes the files of ended sessions. */

import { prune } from "../../client/prune.ts";
import { openStore } from "../../client/store.ts";
import { recoverStale } from "../../recovery/sweep.ts";
import type { CommandContext } from "../context.ts";
import { defineCommand, type InvocationOf } from "../parser/command.ts";
import { duration, flag, integer, withDefault } from "../parser/option.ts";
import { EXIT_FAILED, EXIT_USAGE, NO_LIMIT } from "../parser/shared_options.ts";

const DAY_MS = 86_400_000;
const KEEP_DAYS = 45;

const OPTIONS = {
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

type Call = InvocationOf<typeof OPTIONS>;

export const command = defineCommand({
  name: "prune",
  paragraph:
    "Removes transcripts, events, exit records and logs of sessions that ended, in all repositories, and their " +
    "lines in the ledger. Live sessions are never touched. Prints one JSON line.",
  usage: ["prune [options]"],
  options: OPTIONS,
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
  execute,
});

async function execute({ options }: Call, { platform, output }: CommandContext): Promise<number> {
  const store = openStore(platform);
  const lost = options.dryRun ? [] : await recoverStale(store);
  const pruned = await prune(store, {
    olderThanMs: options.olderThan.ms,
    maxBytes: options.maxBytes,
    mode: options.dryRun ? "look" : "remove",
  });
  output.json({ ok: true, dry_run: options.dryRun, ...pruned, lost });
  return 0;
}
