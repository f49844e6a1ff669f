/**
 * Lists the messages that sessions left undelivered because their host died. Changes nothing.
 */

import { basename, join } from "node:path";
import type { UndeliveredMessage } from "../model/message.ts";
import { listUndelivered } from "../store/inbox_journal.ts";
import { repoKeyOf } from "../store/paths.ts";
import type { Store } from "./store.ts";

/** The undelivered messages of one session, with the name of the session's files. */
export interface UndeliveredOf {
  name: string;
  messages: UndeliveredMessage[];
}

/** What the last run of each session left undelivered. Leaves out live sessions, whose messages are under way. */
export async function findUndelivered(store: Store): Promise<UndeliveredOf[]> {
  const { platform: { files }, paths } = store;
  const live = await namesOf(store, "live");
  const names = (await files.list(paths.inboxes)).filter((name) => name.endsWith(".jsonl"))
    .map((name) => basename(name, ".jsonl"));
  return await read(store, names.filter((name) => !live.includes(name)));
}

/** The same for stale sessions that nothing has settled yet; of one repository, or of all. Reads no other journal. */
export async function findUnaccounted(store: Store, repoRoot: string | undefined): Promise<UndeliveredOf[]> {
  const key = repoRoot === undefined ? "" : `${repoKeyOf(repoRoot)}--`;
  return await read(store, (await namesOf(store, "stale")).filter((name) => name.startsWith(key)));
}

async function namesOf(store: Store, wanted: "live" | "stale"): Promise<string[]> {
  const found = (await store.registry.list()).filter(({ liveness }) => liveness === wanted);
  return found.map(({ path }) => basename(path, ".json"));
}

async function read({ platform, paths }: Store, names: readonly string[]): Promise<UndeliveredOf[]> {
  const all = await Promise.all(names.map(async (name) => ({
    name,
    messages: await listUndelivered(platform.files, join(paths.inboxes, `${name}.jsonl`)),
  })));
  return all.filter(({ messages }) => messages.length > 0);
}
