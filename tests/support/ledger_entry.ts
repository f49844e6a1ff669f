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

export const HOUR_MS = 3_600_000;
export const LEDGER_END = Date.UTC(2026, 5, 1);

/** A dispatch an hour, each with start and end, the last one at LEDGER_END. */
export function writeLedger(path: string, dispatches: number): void {
  using file = Deno.openSync(path, { write: true, createNew: true });
  const encoder = new TextEncoder();
  let text = "";
  for (let index = 0; index < dispatches; index++) {
    const ts = new Date(LEDGER_END - (dispatches - 1 - index) * HOUR_MS).toISOString();
    const fields = { id: `w-${index}`, session_id: `s${index}`, ts };
    text += ledgerLine({ ...fields, type: "dispatch_start" }) + ledgerLine(fields);
    if (text.length > 1 << 20 || index === dispatches - 1) {
      const bytes = encoder.encode(text);
      for (let at = 0; at < bytes.length;) at += file.writeSync(bytes.subarray(at));
      text = "";
    }
  }
}
