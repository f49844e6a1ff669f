/**
 * Owns the files of a launch: `run` writes what the new host needs, and the host answers beside it, with its session or
 * with why it failed. They hold an environment or a token, and live for seconds.
 */

import { basename, join } from "node:path";
import { HarnexError, isErrorCode } from "../model/errors.ts";
import type { LaunchSpec } from "../model/launch.ts";
import type { RegistryRecord } from "../model/session.ts";
import type { Clock, Files } from "../platform/platform.ts";
import { parseObject, stringField } from "../text/json.ts";
import type { Paths } from "./paths.ts";
import { parseRecord } from "./registry.ts";

/** Longer than any launch takes. */
const STALE_MS = 24 * 3_600_000;

/** Writes the launch file, whose path the host is given. */
export async function writeLaunch(
  { files, paths, randomHex }: { files: Files; paths: Paths; randomHex: (bytes: number) => string },
  launch: LaunchSpec,
): Promise<string> {
  await files.makeDirectory(paths.launches);
  const file = join(paths.launches, `${randomHex(8)}.json`);
  await files.replace(file, JSON.stringify(launch));
  return file;
}

/** Where the host of this launch file writes its session: an agent that ends at once leaves no registry record. */
export function registrationFile(launchFile: string): string {
  return `${launchFile}.registered`;
}

/** Where a host that cannot start writes why. */
export function errorFile(launchFile: string): string {
  return `${launchFile}.error`;
}

/** As private as the registry record itself, and removed as soon as it was read. */
export async function reportRegistration(files: Files, launchFile: string, record: RegistryRecord): Promise<void> {
  await files.replace(registrationFile(launchFile), JSON.stringify(record));
}

export async function reportFailure(files: Files, launchFile: string, error: unknown): Promise<void> {
  const code = error instanceof HarnexError ? error.code : "failed";
  const message = error instanceof Error ? error.message : String(error);
  await files.replace(errorFile(launchFile), JSON.stringify({ code, message }));
}

/** The session that the host has registered; undefined before. */
export async function readRegistration(files: Files, launchFile: string): Promise<RegistryRecord | undefined> {
  return parseRecord(await files.readText(registrationFile(launchFile)) ?? "");
}

/** What the host failed with; undefined as long as it has not failed. */
export async function readFailure(files: Files, launchFile: string): Promise<HarnexError | undefined> {
  const text = await files.readText(errorFile(launchFile));
  if (text === undefined) return undefined;
  const { code, ...rest } = parseObject(text) ?? {};
  return new HarnexError(isErrorCode(code) ? code : "failed", stringField(rest, "message") ?? "the host failed");
}

/** Removes the launch file, the host's answers, and what a host left that died in the middle of an answer. */
export async function removeLaunch(
  { files, paths }: { files: Files; paths: Paths },
  launchFile: string,
): Promise<void> {
  for (const name of await files.list(paths.launches)) {
    if (name.startsWith(basename(launchFile))) await files.remove(join(paths.launches, name));
  }
}

/** The files of launches that are over, and were killed before they could remove them. */
export async function listStaleLaunches(
  { files, clock, paths }: { files: Files; clock: Clock; paths: Paths },
): Promise<string[]> {
  const stale: string[] = [];
  for (const name of await files.list(paths.launches)) {
    const path = join(paths.launches, name);
    const stat = await files.stat(path);
    if (stat?.kind === "file" && stat.mtimeMs < clock.now() - STALE_MS) stale.push(path);
  }
  return stale;
}
