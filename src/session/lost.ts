/**
 * Tells the truth about a session whose host died before it could: its undelivered messages, exit record, `exited`
 * event, record removed.
 * Called by who takes the id over or sweeps, never by readers.
 */

import type { Clock, Files } from "../platform/platform.ts";
import { openEventLog, readLastRun } from "../store/event_log.ts";
import { settleJournal } from "../store/inbox_journal.ts";
import { localIso } from "../model/time.ts";
import type { Paths, SessionName } from "../store/paths.ts";
import { type FoundRecord, lostRecord, type Registry } from "../store/registry.ts";

export async function accountForLost(
  deps: { files: Files; clock: Clock; paths: Paths; registry: Registry },
  name: SessionName,
  { record }: FoundRecord,
): Promise<void> {
  const { files, clock, registry } = deps;
  const path = deps.paths.events(name);
  const last = (await readLastRun(files, path)).at(-1);
  const undelivered = await settleJournal(files, deps.paths.inbox(name));
  if (last?.type !== "exited") {
    await registry.writeExit(name, lostRecord(record, localIso(clock.now())));
    using log = await openEventLog({
      files,
      clock,
      path,
      id: record.id,
      sessionId: record.session_id,
      firstSeq: (last?.seq ?? 0) + 1,
      onFailure: () => {},
    });
    for (const { message_id, error } of undelivered) {
      log.append({ type: "failed", message_id, error, status: "failed" });
    }
    log.append({ type: "exited", code: null, reason: "lost" });
  }
  await registry.remove(name, record.session_id);
}
