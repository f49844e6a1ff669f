/**
 * What live sessions say of themselves, asked all at once; one that does not answer in time is told from its record.
 */

import { HarnexError } from "../model/errors.ts";
import type { RegistryRecord } from "../model/session.ts";
import { slugOf } from "../store/paths.ts";
import { createDeadline } from "./follow.ts";
import { addressOf, createSessionClient } from "./session_client.ts";
import { listLive, type Store } from "./store.ts";

/** The established patience with one session's API. */
const ANSWER_MS = 250;

/** A status payload, or what the record knows of one: then `answered` is false and the live fields are null. */
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
  return await Promise.all(found.map(({ record }) => readStatus(store, record)));
}

async function readStatus(store: Store, record: RegistryRecord): Promise<SessionStatus> {
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
  const { token: _token, host_start: _start, cwd: _cwd, ...shown } = record;
  return { answered: false, payload: { ok: true, ...shown, input_state: null, agent_state: null, log_idle_s: null } };
}
