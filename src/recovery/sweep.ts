/**
 * Cleans up after hosts that died: recovers their sessions, and finds (on request ends) their orphans and the tmux
 * windows that only show a dead host. It leaves alone whatever it cannot show to belong to a dead session.
 */

import { ancestryOf } from "../model/ancestry.ts";
import { environmentWithout } from "../model/setting.ts";
import type { OsSignal, Platform, ProcessRef } from "../platform/platform.ts";
import { ledgerFromEnd, type LedgerRow } from "../store/ledger.ts";
import { listStaleLaunches } from "../store/launches.ts";
import { type Paths, sessionName } from "../store/paths.ts";
import type { Registry } from "../store/registry.ts";
import { untilTrue } from "../platform/waiting.ts";
import { createTmux } from "../platform/tmux.ts";
import { MARKER_NAME } from "../model/marker.ts";
import { recoverSession } from "./recover.ts";

/** How long an orphan gets between TERM and KILL, and how long all get, from the first KILL, to vanish. */
const GRACE_MS = 2_000;
const STEP_MS = 50;

export interface SweepDeps {
  platform: Platform;
  paths: Paths;
  registry: Registry;
}

export interface LostSession {
  id: string;
  session_id: string;
  repo_root: string;
}

export interface Orphan extends LostSession {
  pid: number;
  ended: boolean;
}

export interface Swept {
  /** sessions that are recovered now */
  lost: LostSession[];
  orphans: Orphan[];
  windows: { pane: string; closed: boolean }[];
  /** files that were removed, left by launches that were killed before their host read them */
  launches: string[];
}

export async function sweep(deps: SweepDeps, mode: "look" | "kill"): Promise<Swept> {
  const lost = await recoverStale(deps);
  const found = await findOrphans(deps);
  const left = mode === "kill" ? await endAll(deps, found) : found;
  const ended = found.filter((orphan) => !left.some(({ pid, start }) => pid === orphan.pid && start === orphan.start));
  const report = ({ pid, row: { id, session_id, repo_root } }: OrphanProcess, ended: boolean) => ({
    pid,
    id,
    session_id,
    repo_root,
    ended,
  });
  return {
    lost,
    orphans: [...ended.map((orphan) => report(orphan, true)), ...left.map((orphan) => report(orphan, false))],
    windows: await sweepWindows(deps, mode),
    launches: await removeLaunches(deps),
  };
}

async function removeLaunches({ platform: { files, clock }, paths }: SweepDeps): Promise<string[]> {
  const stale = await listStaleLaunches({ files, clock, paths });
  for (const path of stale) await files.remove(path);
  return stale;
}

/** Recovers every session whose host died, and removes its record. */
export async function recoverStale(deps: SweepDeps): Promise<LostSession[]> {
  const { registry } = deps;
  const recovered: LostSession[] = [];
  for (const { record, liveness } of await registry.list()) {
    if (liveness === "live") continue;
    const name = sessionName(record.repo_root, record.id);
    const lock = await registry.claim(name);
    if (lock === undefined) continue; // a new session takes the id over now, and does the same
    try {
      const found = await registry.find(name);
      if (found?.liveness !== "stale") continue;
      await recoverSession(deps, name, found);
      const { id, session_id, repo_root } = found.record;
      recovered.push({ id, session_id, repo_root });
    } finally {
      lock.removeAndRelease();
    }
  }
  return recovered;
}

interface OrphanProcess extends ProcessRef {
  row: LedgerRow;
}

/** Processes with the marker of a session of this state directory whose host is dead. */
async function findOrphans({ platform, paths, registry }: SweepDeps): Promise<OrphanProcess[]> {
  const { processes, files, system } = platform;
  const own = ancestryOf(await processes.list(), system.pid);
  const marked = (await processes.findByVariable(MARKER_NAME)).filter(({ pid }) => !own.includes(pid));
  const live = new Set(
    (await registry.list()).filter(({ liveness }) => liveness === "live").map(({ record }) => record.session_id),
  );
  const unknown = new Set(marked.map(({ value }) => value).filter((sessionId) => !live.has(sessionId)));
  const rows = new Map<string, LedgerRow>();
  if (unknown.size > 0) {
    // Sessions that this ledger does not know belong to another state directory.
    for await (const row of ledgerFromEnd({ files, paths }, {})) {
      if (unknown.delete(row.session_id)) rows.set(row.session_id, row);
      if (unknown.size === 0) break;
    }
  }
  const orphans: OrphanProcess[] = [];
  for (const { pid, start, value } of marked) {
    const row = rows.get(value);
    if (row === undefined || await processes.isAlive({ pid: row.host_pid, start: row.host_start })) continue;
    orphans.push({ pid, start, row });
  }
  return orphans;
}

/** Gives the orphans that would not end. One may have started others before its signal came, so this looks again. */
async function endAll(deps: SweepDeps, found: readonly OrphanProcess[]): Promise<OrphanProcess[]> {
  const { clock } = deps.platform;
  await signalAll(deps.platform, found, "SIGTERM");
  let left = await findOrphans(deps);
  for (const endAt = clock.monotonic() + GRACE_MS; left.length > 0 && clock.monotonic() < endAt;) {
    await signalAll(deps.platform, left, "SIGKILL");
    left = await findOrphans(deps);
  }
  return left;
}

/** Signals the orphans, and waits for them to vanish. */
async function signalAll(
  { processes, clock }: Platform,
  orphans: readonly OrphanProcess[],
  signal: OsSignal,
): Promise<void> {
  await Promise.all(orphans.map((orphan) => processes.signal(orphan, signal)));
  // The system reports the end of a process to its parent only, so this polls.
  const areGone = async () => !(await Promise.all(orphans.map((orphan) => processes.isAlive(orphan)))).includes(true);
  await untilTrue(areGone, { clock, everyMs: STEP_MS, limitMs: GRACE_MS });
}

/** Finds windows of hosts of this state directory, by the launch file in their command. */
async function sweepWindows({ platform, paths }: SweepDeps, mode: "look" | "kill"): Promise<Swept["windows"]> {
  const { processes, env } = platform;
  if ((await processes.findProgram("tmux", env["PATH"], "/")) === undefined) return [];
  const tmux = createTmux(processes, environmentWithout([], env));
  const dead = (await tmux.listDead()).filter(({ command }) => command.includes(`${paths.launches}/`));
  if (mode === "kill") await Promise.all(dead.map(({ pane }) => tmux.closePane(pane)));
  return dead.map(({ pane }) => ({ pane, closed: mode === "kill" }));
}
