/**
 * Tells the truth about a session whose host died before it could: undelivered messages, exit record, dispatch row,
 * `exited` event, record removed, and whoever waits for the dispatch told. Called by who takes the id over or sweeps,
 * never by readers.
 */

import type { ExitRecord, RegistryRecord } from "../model/session.ts";
import { environmentWithout } from "../model/setting.ts";
import { localIso } from "../model/time.ts";
import { VERSION } from "../model/version.ts";
import type { Platform } from "../platform/platform.ts";
import { appendRow } from "../store/dispatch_log.ts";
import { openEventLog, readLastRun } from "../store/event_log.ts";
import { settleJournal } from "../store/inbox_journal.ts";
import { inferExit } from "../store/inferred_exit.ts";
import { appendToLedger, type LedgerEntry } from "../store/ledger.ts";
import { linesFromEnd } from "../store/lines_from_end.ts";
import type { Paths, SessionName } from "../store/paths.ts";
import type { FoundRecord, Registry } from "../store/registry.ts";
import { startOnDone } from "./on_done.ts";
import { exportLost } from "../tracing/tracing.ts";

/** How far from its end a summary is searched: other sessions of the repository may have ended since. */
const SUMMARY_LOOKBACK = 1_000;

export interface LostDeps {
  platform: Platform;
  paths: Paths;
  registry: Registry;
}

/** The caller holds the claim on the name. */
export async function accountForLost(deps: LostDeps, name: SessionName, { record }: FoundRecord): Promise<void> {
  const { platform, registry, paths } = deps;
  const { files, clock } = platform;
  const path = paths.events(name);
  const run = await readLastRun(files, path);
  const last = run.at(-1);
  const undelivered = await settleJournal(files, paths.inbox(name));
  // A host that died early wrote nothing, and these are an older run's; logs of the established tool name no session.
  const isOurs = last?.session_id === record.session_id || last?.session_id === "";
  const told = isOurs && last?.type === "exited";
  const lostAt = localIso(clock.now());
  if (!told) {
    // The host may have died in the middle of its own account: what it wrote stands.
    const written = await registry.findExit(name);
    const found = await inferExit({ files, paths }, record, lostAt);
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
    if (start.type === "dispatch_end") await enterSummary(platform, start);
    else await enterLost(deps, start, { lostAt, tmuxSession: record.tmux_session });
    if (!isOurs || last?.type !== "summary") {
      log.append({ type: "summary", path: start.summary_path, exit: end.reason });
    }
    const signal = end.signal === undefined ? {} : { signal: end.signal };
    const exited = log.append({ type: "exited", code: end.exit_code, ...signal, reason: end.reason });
    if (row !== undefined && isOurs) await exportLost(platform, { record, row, events: [...run, { ...exited }] });
  }
  await removeSnapshot(deps, name);
  await registry.remove(name, record.session_id);
  // The record is what tells that the host did not come to this: from here on nobody does it again.
  const end = await registry.findExit(name);
  const lastSeenAt = isOurs && last !== undefined ? Date.parse(last.ts) : clock.now();
  if (end?.session_id === record.session_id) runOnDone(deps, record, { end, lastSeenAt });
}

/** In the environment of who found the session: its own went with its host. */
function runOnDone(
  { platform: { env, processes }, paths }: LostDeps,
  record: RegistryRecord,
  { end, lastSeenAt }: { end: ExitRecord; lastSeenAt: number },
): void {
  const { on_done: command, id, cwd } = record;
  const elapsedMs = Math.max(0, lastSeenAt - Date.parse(record.started_at));
  const outcome = { reason: end.reason, code: end.exit_code, endSha: null, elapsedMs };
  const onFailure = () => {}; // its directory may be gone; the session is finalized without it
  startOnDone({ command, id, cwd, env: environmentWithout([], env) }, outcome, {
    ...{ processes, log: paths.log(id), onFailure },
  });
}

/**
 * The end of the dispatch in ledger and summary, with what its start knew. Throws when the ledger cannot be written.
 */
async function enterLost(
  deps: LostDeps,
  start: LedgerEntry,
  { lostAt, tmuxSession }: { lostAt: string; tmuxSession: string | undefined },
): Promise<void> {
  const tmux = tmuxSession === undefined ? {} : { tmux_session: tmuxSession };
  const row = {
    meta: { ...start.meta, ended_at: lostAt, ...tmux },
    predicted: start.predicted,
    actual: { ...start.actual, exit: "lost" },
  };
  const { files, clock } = deps.platform;
  await appendToLedger({ files, clock, paths: deps.paths }, { ...start, ...row, type: "dispatch_end" });
  await enterSummary(deps.platform, { ...start, ...row });
}

/** The summary's line, unless the host, or another one that accounted for it, has written it already. */
async function enterSummary(
  platform: Platform,
  { summary_path: path, meta, predicted, actual }: LedgerEntry,
): Promise<void> {
  if (path === null) return;
  const row = { meta, predicted, actual };
  const line = JSON.stringify(row);
  let seen = 0;
  try {
    for await (const written of linesFromEnd(platform.files, path)) {
      if (written === line) return;
      if (++seen === SUMMARY_LOOKBACK) break;
    }
    await appendRow(platform, path, row);
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

async function removeSnapshot({ platform: { files }, paths }: LostDeps, name: SessionName): Promise<void> {
  const folder = paths.snapshot(name);
  if ((await files.stat(folder))?.kind === "directory") await files.removeTree(folder);
}
