/**
 * What sessions whose host died left undelivered, seen from outside. Changes nothing.
 */

import { basename, join } from "node:path";
import type { UndeliveredMessage } from "../model/message.ts";
import { listUndelivered } from "../store/inbox_journal.ts";
import { repoKeyOf } from "../store/paths.ts";
import type { Store } from "./store.ts";

/** The messages of one session, by the name that its files have. */
export interface UndeliveredOf {
  name: string;
  messages: UndeliveredMessage[];
}

/** Per session, what its last run left undelivered; not for sessions that live, whose messages are under way. */
export async function findUndelivered(store: Store): Promise<UndeliveredOf[]> {
  const { platform: { files }, paths } = store;
  const live = await namesOf(store, "live");
  const names = (await files.list(paths.inboxes)).filter((name) => name.endsWith(".jsonl"))
    .map((name) => basename(name, ".jsonl"));
  return await read(store, names.filter((name) => !live.includes(name)));
}

/** The same for sessions that nobody has accounted for yet; of one repo, or of all. Reads no other journal. */
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
