/** A row of the ledger for tests: what it says matters only where a test says so. */

import type { LedgerEntry, LedgerRow } from "../../src/store/ledger.ts";

export function ledgerEntry(fields: Partial<LedgerEntry> = {}): LedgerEntry {
  return {
    type: "dispatch_end",
    repo_key: "0123456789abcdef",
    session_id: "s",
    id: "worker",
    cli: "sh",
    repo_root: "/repo",
    host_pid: 1,
    host_start: "1",
    summary_path: null,
    exit_code: 0,
    meta: { id: "worker", started_at: "2026-01-01T00:00:00+00:00", ended_at: "2026-01-01T00:01:00+00:00" },
    predicted: {},
    actual: { exit: "success", duration_s: 60 },
    ...fields,
  };
}

/** As it stands in the file. */
export function ledgerLine(fields: Partial<LedgerRow> = {}): string {
  return `${JSON.stringify({ schema_version: 1, ts: "2026-01-01T00:01:00.000Z", ...ledgerEntry(fields) })}\n`;
}
