/**
 * The files of a session that is live or has ended, for who reads its transcript or its events.
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
  /** how the session whose record is still there ended, where its host died and nobody has accounted for it */
  lost: ExitRecord | undefined;
}

/**
 * Throws `not_found` when no session of this id ever ran here, or the one that runs is of another agent than the
 * wanted one. Of sessions that have ended nobody asks what they ran.
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
