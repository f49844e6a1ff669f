/**
 * Cleans up after hosts that died: accounts for their sessions, finds (and on request ends) what still runs of them,
 * and tmux windows that only show a dead host. Touches nothing that it cannot show to be a dead session's.
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
import { accountForLost } from "./recover.ts";

/** How long an orphan gets between TERM and KILL, and all after the first KILL to vanish. */
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
  /** sessions that are accounted for now */
  lost: LostSession[];
  orphans: Orphan[];
  windows: { pane: string; closed: boolean }[];
  /** files that were removed, of launches that were killed at the wrong moment */
  launches: string[];
}

export async function sweep(deps: SweepDeps, mode: "look" | "kill"): Promise<Swept> {
  const lost = await accountForStale(deps);
  const found = await findOrphans(deps);
  const left = mode === "kill" ? await endAll(deps, found) : found;
  const ended = found.filter((orphan) => !left.some(({ pid, start }) => pid === orphan.pid && start === orphan.start));
  const tell = ({ pid, row: { id, session_id, repo_root } }: OrphanProcess, ended: boolean) => ({
    pid,
    id,
    session_id,
    repo_root,
    ended,
  });
  return {
    lost,
    orphans: [...ended.map((orphan) => tell(orphan, true)), ...left.map((orphan) => tell(orphan, false))],
    windows: await sweepWindows(deps, mode),
    launches: await removeLaunches(deps),
  };
}

async function removeLaunches({ platform: { files, clock }, paths }: SweepDeps): Promise<string[]> {
  const stale = await listStaleLaunches({ files, clock, paths });
  for (const path of stale) await files.remove(path);
  return stale;
}

/** Writes what the dead hosts could not, and removes their records. */
export async function accountForStale(deps: SweepDeps): Promise<LostSession[]> {
  const { registry } = deps;
  const accounted: LostSession[] = [];
  for (const { record, liveness } of await registry.list()) {
    if (liveness === "live") continue;
    const name = sessionName(record.repo_root, record.id);
    const lock = await registry.claim(name);
    if (lock === undefined) continue; // a new session takes the id over just now, and does the same
    try {
      const found = await registry.find(name);
      if (found?.liveness !== "stale") continue;
      await accountForLost(deps, name, found);
      const { id, session_id, repo_root } = found.record;
      accounted.push({ id, session_id, repo_root });
    } finally {
      lock.removeAndRelease();
    }
  }
  return accounted;
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
    // Sessions that this ledger does not know are another state directory's: not ours to judge.
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

/** Gives those that would not go. What was found may have started others before it was hit, so it is looked again. */
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

/** Signals them, and waits for them to vanish. */
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

/** Windows of hosts of this state directory, by the launch file in their command. */
async function sweepWindows({ platform, paths }: SweepDeps, mode: "look" | "kill"): Promise<Swept["windows"]> {
  const { processes, env } = platform;
  if ((await processes.findProgram("tmux", env["PATH"], "/")) === undefined) return [];
  const tmux = createTmux(processes, environmentWithout([], env));
  const dead = (await tmux.listDead()).filter(({ command }) => command.includes(`${paths.launches}/`));
  if (mode === "kill") await Promise.all(dead.map(({ pane }) => tmux.closePane(pane)));
  return dead.map(({ pane }) => ({ pane, closed: mode === "kill" }));
}
