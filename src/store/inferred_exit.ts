/**
 * Infers how a session ended whose host died before it wrote the exit record: as the ledger says, else lost.
 */

import type { ExitRecord, RegistryRecord } from "../model/session.ts";
import type { Files } from "../platform/platform.ts";
import { findLedgerRow, type LedgerRow } from "./ledger.ts";
import type { Paths } from "./paths.ts";
import { lostRecord, parseExitReason } from "./registry.ts";

export interface InferredExit {
  end: ExitRecord;
  /** the session's newest row in the ledger */
  row: LedgerRow | undefined;
}

export async function inferExit(
  deps: { files: Files; paths: Paths },
  record: RegistryRecord,
  now: string,
): Promise<InferredExit> {
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
