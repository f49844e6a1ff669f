/** `harnex prune`: its body. */

import { prune } from "../../client/prune.ts";
import { openStore } from "../../client/store.ts";
import { recoverStale } from "../../recovery/sweep.ts";
import type { CommandContext } from "../context.ts";
import type { PruneInvocation } from "../specs/history.ts";

export async function execute({ options }: PruneInvocation, { platform, output }: CommandContext): Promise<number> {
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
