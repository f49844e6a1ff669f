/**
 * Finds the files of a live or ended session, for readers of its transcript or its events.
 */

import { HarnexError } from "../model/errors.ts";
import type { ExitRecord } from "../model/session.ts";
import { sessionName } from "../store/paths.ts";
import { findEnd, findSession, type FoundSession, noSession, runsWanted, type Store, type Wanted } from "./store.ts";

export interface SessionFiles {
  output: string;
  events: string;
  /** the running session; undefined when none runs under this id now */
  live: FoundSession | undefined;
  /** how the session ended, if its host died and nothing has settled the session yet */
  lost: ExitRecord | undefined;
}

/**
 * Throws `not_found` when no session of this id ever ran here, and when the running one has another agent than the
 * wanted one. The agent of an ended session does not matter.
 */
export async function findFiles(store: Store, wanted: Wanted): Promise<SessionFiles> {
  const session = await findSession(store, { ...wanted, cli: undefined });
  const name = sessionName(wanted.repoRoot, wanted.id);
  const events = store.paths.events(name);
  if (session === undefined && (await store.platform.files.stat(events)) === undefined) {
    throw new HarnexError(
      "not_found",
      `no session "${wanted.id}" was run in ${wanted.repoRoot}; see: harnex status --all`,
    );
  }
  const end = session && await findEnd(store, session);
  if (session !== undefined && end === undefined && !runsWanted(session, wanted)) throw noSession(wanted);
  return {
    output: store.paths.output(name),
    events,
    live: end === undefined ? session : undefined,
    lost: session?.liveness === "stale" ? end : undefined,
  };
}
