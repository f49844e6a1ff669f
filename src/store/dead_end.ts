/**
 * How a session ended whose host died before it could write the exit record: as the ledger has it, else lost.
 */

import type { ExitRecord, RegistryRecord } from "../model/session.ts";
import type { Files } from "../platform/platform.ts";
import { findLedgerRow, type LedgerRow } from "./ledger.ts";
import type { Paths } from "./paths.ts";
import { lostRecord, parseExitReason } from "./registry.ts";

export interface DeadEnd {
  end: ExitRecord;
  /** the newest line of the session in the ledger */
  row: LedgerRow | undefined;
}

export async function findDeadEnd(
  deps: { files: Files; paths: Paths },
  record: RegistryRecord,
  now: string,
): Promise<DeadEnd> {
  const row = await findLedgerRow(deps, { sessionId: record.session_id });
  const lost = lostRecord(record, now);
  const reason = row?.type === "dispatch_end" ? parseExitReason(row.actual["exit"]) : undefined;
  if (row === undefined || reason === undefined) return { end: lost, row };
  const endedAt = row.meta["ended_at"];
  return {
    row,
    end: {
      ...lost,
      ok: reason !== "lost",
      exit_code: row.exit_code,
      exited_at: typeof endedAt === "string" ? endedAt : lost.exited_at,
      ...(row.signal === undefined ? {} : { signal: row.signal }),
      reason,
    },
  };
}
