/**
 * Lists past and running dispatches: from the registry what runs, from the ledger what has ended. The ledger is read
 * from its end, so that the time grows with the number of rows asked for.
 */

import type { RegistryRecord } from "../model/session.ts";
import type { JsonObject } from "../text/json.ts";
import { ledgerFromEnd, type LedgerRow } from "../store/ledger.ts";
import { repoKeyOf } from "../store/paths.ts";
import { listLive, type Store } from "./store.ts";

/** `interrupted`: its host died, and nothing has settled the session yet. */
export type DispatchState = "running" | "ended" | "interrupted";

export interface PastDispatch {
  state: DispatchState;
  id: string;
  session_id: string;
  cli: string;
  repo_root: string;
  started_at: string | null;
  ended_at: string | null;
  /** the verdict; null when there is none */
  exit: string | null;
  exit_code: number | null;
  signal?: number;
  meta: JsonObject;
  predicted: unknown;
  actual: JsonObject;
}

export interface HistoryQuery {
  limit: number;
  /** wall-clock milliseconds: leaves out what ended before */
  sinceMs?: number | undefined;
  /** part of the id, in upper or lower case */
  idText?: string | undefined;
  /** undefined: every repository */
  repoRoot: string | undefined;
}

/** Running dispatches first, then ended ones, newest first. */
export async function readHistory(store: Store, query: HistoryQuery): Promise<PastDispatch[]> {
  const text = query.idText?.toLowerCase();
  const isWanted = ({ id }: { id: string }) => text === undefined || id.toLowerCase().includes(text);
  const live = (await listLive(store, query.repoRoot)).map(({ record }) => record).filter(isWanted);
  const running = new Map(live.map((record) => [record.session_id, runningOne(record)]));
  const past: PastDispatch[] = [];
  const seen = new Set<string>();
  if (query.limit > running.size) {
    const filter = { repoKey: query.repoRoot === undefined ? undefined : repoKeyOf(query.repoRoot) };
    for await (const row of ledgerFromEnd({ files: store.platform.files, paths: store.paths }, filter)) {
      // The ledger is in the order of writing: every further row is older.
      if (query.sinceMs !== undefined && Date.parse(row.ts) < query.sinceMs) break;
      if (!isWanted(row) || seen.has(row.session_id)) continue;
      seen.add(row.session_id);
      if (row.type === "dispatch_start" && running.has(row.session_id)) {
        running.set(row.session_id, fromRow(row, "running"));
        continue;
      }
      // A host writes its last row a moment before it removes its record.
      running.delete(row.session_id);
      past.push(fromRow(row, row.type === "dispatch_end" ? "ended" : "interrupted"));
      if (running.size + past.length >= query.limit) break;
    }
  }
  return [...running.values(), ...past].slice(0, query.limit);
}

/** The newest dispatch of an id in the ledger; undefined when there is none. */
export async function findDispatch(
  store: Store,
  wanted: { repoKey: string | undefined; isId: (id: string) => boolean },
): Promise<PastDispatch | undefined> {
  const deps = { files: store.platform.files, paths: store.paths };
  for await (const row of ledgerFromEnd(deps, { repoKey: wanted.repoKey })) {
    if (wanted.isId(row.id)) return fromRow(row, row.type === "dispatch_end" ? "ended" : "interrupted");
  }
  return undefined;
}

function fromRow(row: LedgerRow, state: DispatchState): PastDispatch {
  const { id, session_id, cli, repo_root, exit_code, signal, meta, predicted, actual } = row;
  const text = (value: unknown) => typeof value === "string" ? value : null;
  return {
    state,
    id,
    session_id,
    cli,
    repo_root,
    started_at: text(meta["started_at"]),
    ended_at: text(meta["ended_at"]),
    exit: text(actual["exit"]),
    exit_code,
    ...(signal === undefined ? {} : { signal }),
    meta,
    predicted,
    actual,
  };
}

/** A running dispatch as its registry record has it, until its row in the ledger is read. */
function runningOne({ id, session_id, cli, repo_root, started_at, description }: RegistryRecord): PastDispatch {
  return {
    ...{ state: "running", id, session_id, cli, repo_root, started_at, ended_at: null, exit: null, exit_code: null },
    meta: { id, description: description ?? null, started_at, agent: cli, repo: repo_root },
    predicted: {},
    actual: {},
  };
}
