/**
 * Tells the truth about a session whose host died before it could: undelivered messages, exit record, dispatch row,
 * `exited` event, record removed. Called by who takes the id over or sweeps, never by readers.
 */

import type { RegistryRecord } from "../model/session.ts";
import { localIso } from "../model/time.ts";
import { VERSION } from "../model/version.ts";
import type { Clock, Files } from "../platform/platform.ts";
import { findDeadEnd } from "../store/dead_end.ts";
import { appendRow } from "../store/dispatch_log.ts";
import { openEventLog, readLastRun } from "../store/event_log.ts";
import { settleJournal } from "../store/inbox_journal.ts";
import { appendToLedger, type LedgerEntry } from "../store/ledger.ts";
import { linesFromEnd } from "../store/lines_from_end.ts";
import type { Paths, SessionName } from "../store/paths.ts";
import type { FoundRecord, Registry } from "../store/registry.ts";

/** How far from its end a summary is searched: other sessions of the repository may have ended since. */
const SUMMARY_LOOKBACK = 1_000;

export interface LostDeps {
  files: Files;
  clock: Clock;
  paths: Paths;
  registry: Registry;
}

/** The caller holds the claim on the name. */
export async function accountForLost(deps: LostDeps, name: SessionName, { record }: FoundRecord): Promise<void> {
  const { files, clock, registry, paths } = deps;
  const path = paths.events(name);
  const last = (await readLastRun(files, path)).at(-1);
  const undelivered = await settleJournal(files, paths.inbox(name));
  // A host that died early wrote nothing, and these are an older run's; logs of the established tool name no session.
  const isOurs = last?.session_id === record.session_id || last?.session_id === "";
  const told = isOurs && last?.type === "exited";
  const lostAt = localIso(clock.now());
  if (!told) {
    // The host may have died in the middle of its own account: what it wrote stands.
    const written = await registry.findExit(name);
    const found = await findDeadEnd({ files, paths }, record, lostAt);
    const { row } = found;
    const end = written?.session_id === record.session_id ? written : found.end;
    if (end !== written) await registry.writeExit(name, end);
    using log = await openEventLog({
      files,
      clock,
      path,
      id: record.id,
      sessionId: record.session_id,
      firstSeq: isOurs ? (last?.seq ?? 0) + 1 : 1,
      onFailure: () => {},
    });
    for (const { message_id, error } of undelivered) {
      log.append({ type: "failed", message_id, error, status: "failed" });
    }
    const start = row ?? fromRecord(record);
    if (start.type === "dispatch_end") await enterSummary(deps, start);
    else await enterLost(deps, start, lostAt);
    if (!isOurs || last?.type !== "summary") {
      log.append({ type: "summary", path: start.summary_path, exit: end.reason });
    }
    const signal = end.signal === undefined ? {} : { signal: end.signal };
    log.append({ type: "exited", code: end.exit_code, ...signal, reason: end.reason });
  }
  await removeSnapshot(deps, record.session_id);
  await registry.remove(name, record.session_id);
}

/** The end of the dispatch in ledger and summary, with what its start knew. Throws when the ledger cannot be written. */
async function enterLost(deps: LostDeps, start: LedgerEntry, lostAt: string): Promise<void> {
  const row = {
    meta: { ...start.meta, ended_at: lostAt },
    predicted: start.predicted,
    actual: { ...start.actual, exit: "lost" },
  };
  await appendToLedger(deps, { ...start, ...row, type: "dispatch_end" });
  await enterSummary(deps, { ...start, ...row });
}

/** The summary's line, unless the host, or another one that accounted for it, has written it already. */
async function enterSummary(
  deps: LostDeps,
  { summary_path: path, meta, predicted, actual }: LedgerEntry,
): Promise<void> {
  if (path === null) return;
  const row = { meta, predicted, actual };
  const line = JSON.stringify(row);
  let seen = 0;
  try {
    for await (const written of linesFromEnd(deps.files, path)) {
      if (written === line) return;
      if (++seen === SUMMARY_LOOKBACK) break;
    }
    await appendRow(deps, path, row);
  } catch {
    return; // its folder may be gone with the repository, which is no reason to keep a dead record
  }
}

/** For hosts that died between record and ledger, and for sessions of a version that kept none. */
function fromRecord(record: RegistryRecord): LedgerEntry {
  const { repo_key, session_id, id, cli, repo_root, host_pid, host_start, started_at } = record;
  return {
    ...{ type: "dispatch_start", repo_key, session_id, id, cli, repo_root, host_pid, host_start },
    summary_path: record.summary_path ?? null,
    exit_code: null,
    meta: {
      id,
      description: record.description ?? null,
      started_at,
      harness: "harnex",
      harness_version: record.version === "" ? VERSION : record.version,
      agent: cli,
      repo: repo_root,
    },
    predicted: {},
    actual: {},
  };
}

async function removeSnapshot({ files, paths }: LostDeps, sessionId: string): Promise<void> {
  const folder = paths.snapshot(sessionId);
  if ((await files.stat(folder))?.kind === "directory") await files.removeTree(folder);
}
