/** `harnex prune`: deletes the files of ended sessions. */

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
  olderThan: withDefault(duration({ help: "delete sessions that ended longer ago than this" }), {
    value: { ms: KEEP_DAYS * DAY_MS },
    text: `${KEEP_DAYS}d`,
  }),
  maxBytes: integer({
    range: { min: 0, max: NO_LIMIT },
    help: "also delete the oldest sessions until all files together have at most this size",
  }),
  dryRun: flag("only report what would be deleted"),
};

type Call = InvocationOf<typeof OPTIONS>;

export const command = defineCommand({
  name: "prune",
  paragraph:
    "Deletes the transcripts, events, exit records and logs of ended sessions in all repositories, and their " +
    "lines in the ledger. Live sessions are never changed. Prints one JSON line.",
  usage: ["prune [options]"],
  options: OPTIONS,
  arguments: {},
  examples: [
    { note: "preview", command: "harnex prune --older-than 30d --dry-run" },
    { note: "keep at most one gigabyte", command: "harnex prune --max-bytes 1000000000" },
  ],
  gotchas: [
    "Afterwards wait, logs, events and history do not find those sessions.",
    "Sessions whose host died are finalized first, and count as ended at that time.",
  ],
  exitStatus: [["0", "done, even if there was nothing to delete"], ["1", EXIT_FAILED], ["2", EXIT_USAGE]],
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
