/**
 * The state directory seen from outside a session: which sessions there are, and how an ended one ended.
 */

import { HarnexError } from "../model/errors.ts";
import type { ExitRecord } from "../model/session.ts";
import { localIso } from "../model/time.ts";
import type { Platform } from "../platform/platform.ts";
import { inferExit } from "../store/inferred_exit.ts";
import { isSameName, type Paths, repoKeyOf, type SessionName, sessionName } from "../store/paths.ts";
import { type FoundRecord, openRegistry, type Registry } from "../store/registry.ts";

export interface Store {
  platform: Platform;
  paths: Paths;
  registry: Registry;
}

export function openStore(platform: Platform): Store {
  return { platform, ...openRegistry(platform) };
}

/** What a command line says about the session that it addresses. */
export interface Wanted {
  id: string;
  repoRoot: string;
  cli?: string | undefined;
}

export interface FoundSession extends FoundRecord {
  name: SessionName;
}

/** The record of a session, live or stale; undefined when there is none, and when it runs another agent. */
export async function findSession(store: Store, wanted: Wanted): Promise<FoundSession | undefined> {
  const name = sessionName(wanted.repoRoot, wanted.id);
  const found = await store.registry.find(name);
  if (found === undefined) return undefined;
  return runsWanted(found, wanted) ? { ...found, name } : undefined;
}

/** Whether the session runs the wanted agent; any agent does when none is named. */
export function runsWanted({ record }: FoundRecord, { cli }: Pick<Wanted, "cli">): boolean {
  return cli === undefined || isSameName(record.cli, cli);
}

export async function getLive(store: Store, wanted: Wanted): Promise<FoundSession> {
  const found = await findSession(store, wanted);
  if (found?.liveness === "live") return found;
  throw noSession(wanted, found === undefined ? "" : "; its host died");
}

export function noSession(wanted: Wanted, why = ""): HarnexError {
  const agent = wanted.cli === undefined ? "" : ` that runs "${wanted.cli}"`;
  return new HarnexError(
    "not_found",
    `no active session "${wanted.id}"${agent} in ${wanted.repoRoot}${why}; see: harnex status --all`,
  );
}

/** Live sessions, newest first; of one repo, or of all. */
export async function listLive(store: Store, repoRoot: string | undefined): Promise<FoundRecord[]> {
  const key = repoRoot === undefined ? undefined : repoKeyOf(repoRoot);
  const found = (await store.registry.list()).filter(({ record, liveness }) =>
    liveness === "live" && (key === undefined || record.repo_key === key || record.repo_root === repoRoot)
  );
  // Numbers, because comparing texts by locale would load the collation tables: 7 ms.
  const startedAt = ({ record }: FoundRecord) => record.started_ms ?? (Date.parse(record.started_at) || 0);
  return found.sort((one, other) => startedAt(other) - startedAt(one));
}

/**
 * How a session ended: its exit record, or what can be inferred when its host died without writing one. Undefined while
 * the session lives.
 */
export async function findEnd(store: Store, session: FoundSession): Promise<ExitRecord | undefined> {
  const written = await store.registry.findExit(session.name);
  if (written?.session_id === session.record.session_id) return written;
  const now = await store.registry.find(session.name);
  if (now?.record.session_id === session.record.session_id && now.liveness === "live") return undefined;
  // The host may have written its record between the two reads.
  const again = await store.registry.findExit(session.name);
  if (again?.session_id === session.record.session_id) return again;
  const deps = { files: store.platform.files, paths: store.paths };
  return (await inferExit(deps, session.record, localIso(store.platform.clock.now()))).end;
}
