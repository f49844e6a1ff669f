/**
 * Removes the files of ended sessions, oldest first. It never touches a live session, and claims each name while it
 * removes its files, so that no new session of that name starts meanwhile.
 */

import { join } from "node:path";
import { listStaleLaunches } from "../store/launches.ts";
import { trimLedger } from "../store/ledger.ts";
import type { SessionName } from "../store/paths.ts";
import { removeDeadStages } from "./probe/stage.ts";
import type { Store } from "./store.ts";

export interface PruneOptions {
  olderThanMs: number;
  maxBytes: number | undefined;
  mode: "remove" | "look";
}

export interface Pruned {
  files: number;
  bytes: number;
  ledger_rows: number;
  paths: string[];
}

/** Files of one session, or one file that belongs to none. */
interface Leftover {
  paths: string[];
  bytes: number;
  newestMs: number;
  /** the name to claim; undefined for files that no new session would share */
  name: SessionName | undefined;
  live: boolean;
}

export async function prune(store: Store, { olderThanMs, maxBytes, mode }: PruneOptions): Promise<Pruned> {
  const { clock, files } = store.platform;
  const beforeMs = clock.now() - olderThanMs;
  const live = (await store.registry.list()).filter(({ liveness }) => liveness === "live");
  const launches = new Set(await listStaleLaunches({ files, clock, paths: store.paths }));
  const leftovers = await listLeftovers(store, {
    staleLaunches: launches,
    records: new Set(live.map(({ path }) => path)),
    logs: new Set(live.map(({ record }) => store.paths.log(record.id))),
  });
  const result: Pruned = { files: 0, bytes: 0, ledger_rows: 0, paths: [] };
  let total = leftovers.reduce((sum, { bytes }) => sum + bytes, 0);
  for (const leftover of leftovers.sort((one, other) => one.newestMs - other.newestMs)) {
    const tooMuch = maxBytes !== undefined && total > maxBytes;
    const isOver = leftover.newestMs < beforeMs || leftover.paths.every((path) => launches.has(path));
    if (leftover.live || (!isOver && !tooMuch)) continue;
    if (mode === "remove" && !(await remove(store, leftover))) continue;
    total -= leftover.bytes;
    result.files += leftover.paths.length;
    result.bytes += leftover.bytes;
    result.paths.push(...leftover.paths);
  }
  const sessions = new Set(live.map(({ record }) => record.session_id));
  if (mode === "remove") {
    await removeSnapshots(store, { sessions, beforeMs });
    await removeDeadStages(store.platform, store);
  }
  result.ledger_rows = await trimLedger({ files, clock, paths: store.paths }, {
    beforeMs,
    keep: sessions,
    mode: mode === "remove" ? "trim" : "look",
  });
  return result;
}

/** False when a session has claimed the name meanwhile. */
async function remove({ registry, platform: { files } }: Store, { name, paths }: Leftover): Promise<boolean> {
  if (name === undefined) {
    for (const path of paths) await files.remove(path);
    return true;
  }
  const lock = await registry.claim(name);
  if (lock === undefined) return false;
  try {
    if ((await registry.find(name)) !== undefined) return false;
    for (const path of paths) await files.remove(path);
    return true;
  } finally {
    lock.removeAndRelease();
  }
}

async function listLeftovers(
  { platform: { files }, paths }: Store,
  known: { records: ReadonlySet<string>; logs: ReadonlySet<string>; staleLaunches: ReadonlySet<string> },
): Promise<Leftover[]> {
  const found = new Map<string, Leftover>();
  const nameless = [paths.logs, paths.launches, paths.probes];
  for (const directory of [...paths.directories, paths.launches, paths.probes]) {
    for (const file of await files.list(directory)) {
      const path = join(directory, file);
      const stat = await files.stat(path);
      // A lock file is removed with the claim below.
      if (stat?.kind !== "file" || file.endsWith(".lock")) continue;
      const name = nameless.includes(directory) ? undefined : nameIn(file);
      const leftover = found.get(name === undefined ? path : `${name.key}--${name.slug}`) ?? {
        paths: [],
        bytes: 0,
        newestMs: 0,
        name,
        live: name !== undefined
          ? known.records.has(paths.session(name))
          : directory === paths.logs
          ? known.logs.has(path)
          : directory === paths.launches && !known.staleLaunches.has(path),
      };
      leftover.paths.push(path);
      leftover.bytes += stat.size;
      leftover.newestMs = Math.max(leftover.newestMs, stat.mtimeMs);
      found.set(name === undefined ? path : `${name.key}--${name.slug}`, leftover);
    }
  }
  return [...found.values()];
}

/** The name in `<key>--<slug>.<extension>`, also in the temporary file that a crash left of it. */
function nameIn(file: string): SessionName | undefined {
  const [, key, slug] = /^([0-9a-f]+)--([^.]+)\./.exec(file) ?? [];
  return key === undefined || slug === undefined ? undefined : { key, slug };
}

/** Removes the snapshots of hosts that were killed while they started; others were removed with their session. */
async function removeSnapshots(
  { registry, platform: { files }, paths }: Store,
  { sessions, beforeMs }: { sessions: ReadonlySet<string>; beforeMs: number },
): Promise<void> {
  for (const entry of await files.list(paths.snapshots)) {
    const folder = join(paths.snapshots, entry);
    const stat = await files.stat(folder);
    if (stat?.kind !== "directory") continue;
    const name = nameIn(`${entry}.`);
    // With the claim, no session uses the snapshot. Older versions named snapshots after the session's id.
    const lock = name && await registry.claim(name);
    try {
      const isOver = name === undefined ? stat.mtimeMs < beforeMs && !sessions.has(entry) : lock !== undefined;
      if (isOver) await files.removeTree(folder);
    } finally {
      lock?.removeAndRelease();
    }
  }
}
