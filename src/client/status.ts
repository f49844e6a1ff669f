/**
 * Reads the status of live sessions, all at once. A session that does not answer in time is shown from its record.
 */

import { HarnexError } from "../model/errors.ts";
import { parseObject } from "../text/json.ts";
import { type RegistryRecord, shownFields, type StatusPayload } from "../model/session.ts";
import { localIso } from "../model/time.ts";
import { repoKeyOf, slugOf } from "../store/paths.ts";
import type { FoundRecord } from "../store/registry.ts";
import { createDeadline } from "../platform/waiting.ts";
import { findDispatch } from "./history.ts";
import { addressOf, createSessionClient } from "./session_client.ts";
import { findEnd, listLive, type Store } from "./store.ts";

/** How long one session's API may take, as in the established tool. */
const ANSWER_MS = 250;

/** Fields of the payload that a host writes into its record besides the record's own, as of its last write. */
const LAST_WRITTEN = [
  "log_mtime",
  "log_idle_s",
  "agent_state",
  "inbox",
  "last_completed_at",
  "model",
  "effort",
  "auto_disconnects",
] as const satisfies readonly (keyof StatusPayload)[];

/**
 * A status payload from the session; or, if `answered` is false, one from its record, with null for what only the host
 * knows.
 */
export interface SessionStatus {
  answered: boolean;
  payload: Readonly<Record<string, unknown>>;
}

export async function readStatuses(
  store: Store,
  options: { repoRoot: string | undefined; id?: string | undefined },
): Promise<SessionStatus[]> {
  const wanted = options.id === undefined ? undefined : slugOf(options.id);
  const found = (await listLive(store, options.repoRoot)).filter(({ record }) =>
    wanted === undefined || slugOf(record.id) === wanted
  );
  return await Promise.all(found.map((session) => readStatus(store, session)));
}

/**
 * What is known of ended sessions, with its source: their exit records, or else the ledger. A session whose host died
 * without writing either is shown as lost.
 */
export async function readGone(
  store: Store,
  { repoRoot, id }: { repoRoot: string | undefined; id: string },
): Promise<Readonly<Record<string, unknown>>[]> {
  const slug = slugOf(id);
  const repoKey = repoRoot === undefined ? undefined : repoKeyOf(repoRoot);
  const names = (await store.registry.listExits()).filter((name) =>
    name.slug === slug && (repoKey === undefined || name.key === repoKey)
  );
  const stale = (await store.registry.list()).filter(({ record, liveness }) =>
    liveness === "stale" && slugOf(record.id) === slug && (repoKey === undefined || record.repo_key === repoKey)
  );
  const lost = await Promise.all(stale.map(async ({ record, path, liveness }) => {
    const name = { key: record.repo_key, slug };
    return await findEnd(store, { record, path, liveness, name });
  }));
  const written = await Promise.all(names.map((name) => store.registry.findExit(name)));
  // An id's older exit record says nothing about its newest run.
  const newer = written.filter((end) => !lost.some((known) => known?.repo_root === end?.repo_root));
  const ends = [
    ...lost.map((end) => ({ end, source: end?.reason === "lost" ? "record" : "exit_record" })),
    ...newer.map((end) => ({ end, source: "exit_record" })),
  ];
  const known = ends.flatMap(({ end, source }) => end === undefined ? [] : [{ ...end, ...GONE, source }]);
  if (known.length > 0) return known;
  const past = await findDispatch(store, { repoKey, isId: (other) => slugOf(other) === slug });
  return past === undefined ? [] : [{ ok: past.state === "ended", ...past, ...GONE, source: "ledger" }];
}

/** Stands where the payload of a live session has its state. */
const GONE = { input_state: null, agent_state: "exited" };

async function readStatus(store: Store, { record, path }: FoundRecord): Promise<SessionStatus> {
  using deadline = createDeadline(store.platform, ANSWER_MS);
  try {
    const { status, body } = await createSessionClient(addressOf(record)).call("GET", "/status", {
      signal: deadline.signal,
    });
    if (status === 200) {
      const { tmux_target, tmux_session, tmux_window } = record;
      const tmux = Object.entries({ tmux_target, tmux_session, tmux_window }).filter(([, value]) =>
        value !== undefined
      );
      return { answered: true, payload: { ...body, ...Object.fromEntries(tmux) } };
    }
  } catch (error) {
    if (!(error instanceof HarnexError)) throw error;
  }
  const written = parseObject(await store.platform.files.readText(path) ?? "") ?? {};
  const lastWritten = Object.fromEntries(LAST_WRITTEN.map((field) => [field, written[field] ?? null]));
  const quiet = await readQuiet(store, record);
  // The state that was written some time ago would look like the present one.
  const payload = { ok: true, ...shownFields(record), ...lastWritten, ...quiet, input_state: null, agent_state: null };
  return { answered: false, payload };
}

/** When the transcript grew last, from the file itself. */
async function readQuiet({ platform: { clock, files } }: Store, { output_log_path, started_at }: RegistryRecord) {
  const at = (await files.stat(output_log_path))?.mtimeMs;
  if (at === undefined || at < Date.parse(started_at)) return { log_mtime: null, log_idle_s: null };
  return { log_mtime: localIso(at), log_idle_s: Math.max(0, Math.floor((clock.now() - at) / 1000)) };
}
