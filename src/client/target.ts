/**
 * From what a command line says to the session that it means: the state directory, the repository, the session. And
 * one call of that session's API.
 */

import { resolve } from "node:path";
import { HarnexError } from "../model/errors.ts";
import type { Platform } from "../platform/platform.ts";
import { createDeadline } from "../platform/waiting.ts";
import { slugOf } from "../store/paths.ts";
import type { JsonObject } from "../text/json.ts";
import { repoRootOf } from "./repo.ts";
import { addressOf, createSessionClient } from "./session_client.ts";
import { type FoundSession, getLive, listLive, openStore, type Store } from "./store.ts";

/** Where a command was called. */
export interface Caller {
  readonly platform: Platform;
  readonly cwd: string;
}

/** Where a command looks for sessions. */
export interface Place {
  readonly store: Store;
  readonly repoRoot: string;
}

/** A live session. */
export interface Target {
  readonly store: Store;
  readonly session: FoundSession;
}

/** The state directory, and the repository of `repo`: a directory, by default the current one. */
export async function resolvePlace({ platform, cwd }: Caller, { repo }: { repo?: string | undefined }): Promise<Place> {
  const repoRoot = await repoRootOf(platform, resolve(cwd, repo ?? "."));
  return { store: openStore(platform), repoRoot };
}

/** The same; with `all` the sessions of every repository are meant, and the current directory does not matter. */
export async function resolveScope(
  caller: Caller,
  options: { all: boolean; repo?: string | undefined },
): Promise<{ store: Store; repoRoot: string | undefined }> {
  if (options.all) return { store: openStore(caller.platform), repoRoot: undefined };
  return await resolvePlace(caller, options);
}

/** The live session that the options name; throws `not_found` when there is none. */
export async function resolveTarget(
  caller: Caller,
  options: { id: string; repo?: string | undefined; cli?: string | undefined },
): Promise<Target> {
  const { store, repoRoot } = await resolvePlace(caller, options);
  return { store, session: await getLive(store, { id: options.id, repoRoot, cli: options.cli }) };
}

/** Every live session of a repository, newest first. */
export async function listTargets({ store, repoRoot }: Place): Promise<FoundSession[]> {
  const live = await listLive(store, repoRoot);
  return live.map((found) => ({ ...found, name: { key: found.record.repo_key, slug: slugOf(found.record.id) } }));
}

export interface TargetCall {
  readonly method: "GET" | "POST";
  readonly path: string;
  readonly body?: unknown;
  readonly limitMs: number;
}

/** The body of the session's answer. Any answer but 200 is thrown, in the session's own words. */
export async function callTarget({ store, session }: Target, call: TargetCall): Promise<JsonObject> {
  using deadline = createDeadline(store.platform, call.limitMs);
  const client = createSessionClient(addressOf(session.record));
  const { status, body } = await client.call(call.method, call.path, { body: call.body, signal: deadline.signal });
  if (status !== 200) throw new HarnexError("failed", String(body["error"] ?? `the session answered ${status}`));
  return body;
}
