/**
 * Recovers a session whose host died before it could finalize it: undelivered messages, exit record, dispatch row,
 * `exited` event, record removed, `--on-done`. Done by a host that takes the id over or by a sweep, never by readers.
 */

import type { ReadEvent } from "../model/events.ts";
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
import { exportLost } from "../tracing/tracing.ts";
import { startOnDone } from "./on_done.ts";

/** How many lines, from the end, are searched for a summary: other sessions of the repository may have ended since. */
const SUMMARY_LOOKBACK = 1_000;

export interface RecoverDeps {
  platform: Platform;
  paths: Paths;
  registry: Registry;
}

/** The caller holds the claim on the name. */
export async function recoverSession(deps: RecoverDeps, name: SessionName, { record }: FoundRecord): Promise<void> {
  const { platform, registry, paths } = deps;
  const { files, clock } = platform;
  const run = await readLastRun(files, paths.events(name));
  const last = run.at(-1);
  const undelivered = await settleJournal(files, paths.inbox(name));
  // The log of a host that died early ends with an older run; the established tool's events name no session.
  const isOurs = last?.session_id === record.session_id || last?.session_id === "";
  const own = isOurs ? run : [];
  if (own.at(-1)?.type !== "exited") await finalizeLost(deps, name, { record, run: own, undelivered });
  await removeSnapshot(deps, name);
  await registry.remove(name, record.session_id);
  // The record shows that the host did not come to this: without it no other recovery runs the command again.
  const end = await registry.findExit(name);
  const lastSeenAt = isOurs && last !== undefined ? Date.parse(last.ts) : clock.now();
  if (end?.session_id === record.session_id) runOnDone(deps, record, { end, lastSeenAt });
}

interface LostRun {
  record: RegistryRecord;
  /** the events that the session's host wrote; empty when it wrote none */
  run: readonly ReadEvent[];
  undelivered: Awaited<ReturnType<typeof settleJournal>>;
}

/** Writes what the host did not come to. It may have died while it finalized: what it wrote stands. */
async function finalizeLost(
  deps: RecoverDeps,
  name: SessionName,
  { record, run, undelivered }: LostRun,
): Promise<void> {
  const { platform, registry, paths } = deps;
  const { files, clock } = platform;
  const last = run.at(-1);
  const lostAt = localIso(clock.now());
  const written = await registry.findExit(name);
  const found = await inferExit({ files, paths }, record, lostAt);
  const { row } = found;
  const end = written?.session_id === record.session_id ? written : found.end;
  if (end !== written) await registry.writeExit(name, end);
  using log = await openEventLog({
    ...{ files, clock, path: paths.events(name), id: record.id, sessionId: record.session_id },
    firstSeq: (last?.seq ?? 0) + 1,
    onFailure: () => {},
  });
  for (const { message_id, error } of undelivered) {
    log.append({ type: "failed", message_id, error, status: "failed" });
  }
  const start = row ?? entryOf(record);
  if (start.type === "dispatch_end") await writeSummary(platform, start);
  else await writeLost(deps, start, { lostAt, tmuxSession: record.tmux_session });
  if (last?.type !== "summary") log.append({ type: "summary", path: start.summary_path, exit: end.reason });
  const signal = end.signal === undefined ? {} : { signal: end.signal };
  const exited = log.append({ type: "exited", code: end.exit_code, ...signal, reason: end.reason });
  if (row !== undefined && run.length > 0) {
    await exportLost(platform, { record, row, events: [...run, { ...exited }] });
  }
}

/** In the environment of the command that recovers: the session's own went with its host. */
function runOnDone(
  { platform: { env, processes }, paths }: RecoverDeps,
  record: RegistryRecord,
  { end, lastSeenAt }: { end: ExitRecord; lastSeenAt: number },
): void {
  const { on_done: command, id, cwd } = record;
  const elapsedMs = Math.max(0, lastSeenAt - Date.parse(record.started_at));
  const outcome = { reason: end.reason, code: end.exit_code, endSha: null, elapsedMs };
  const onFailure = () => {}; // its directory may be gone; the session is recovered without it
  startOnDone({ command, id, cwd, env: environmentWithout([], env) }, outcome, {
    ...{ processes, log: paths.log(id), onFailure },
  });
}

/** The end of the dispatch in ledger and summary, with the facts of its start. Throws when the ledger fails. */
async function writeLost(
  deps: RecoverDeps,
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
  await writeSummary(deps.platform, { ...start, ...row });
}

/** Appends the summary's line, unless the host or an earlier recovery has written it. */
async function writeSummary(
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
    return; // its folder may be gone with the repository, which is no reason to keep a stale record
  }
}

/** The ledger entry of a host that died before it wrote one, and of versions that wrote none. */
function entryOf(record: RegistryRecord): LedgerEntry {
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

async function removeSnapshot({ platform: { files }, paths }: RecoverDeps, name: SessionName): Promise<void> {
  const folder = paths.snapshot(name);
  if ((await files.stat(folder))?.kind === "directory") await files.removeTree(folder);
}
