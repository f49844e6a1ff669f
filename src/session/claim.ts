/**
 * Takes an id for this process until it ends, however it ends, and settles the account of a host that died with it.
 */

import type { LaunchSpec } from "../model/launch.ts";
import type { FileLock, Platform } from "../platform/platform.ts";
import { createPaths, type Paths, type SessionName, sessionName, stateRoot } from "../store/paths.ts";
import { alreadyActive, createRegistry, type Registry } from "../store/registry.ts";
import { accountForLost } from "./lost.ts";

export interface Claim extends Disposable {
  paths: Paths;
  registry: Registry;
  name: SessionName;
}

/** A lock file that cannot be removed guards nothing any more, and is in nobody's way. */
function letGo(lock: FileLock): void {
  try {
    lock.removeAndRelease();
  } catch (error) {
    if (!(error instanceof Error)) throw error;
  }
}

/** Throws `conflict`, naming pid and port, when a live session has the id. */
export async function claimSession(launch: LaunchSpec, platform: Platform): Promise<Claim> {
  const { files, processes } = platform;
  const paths = createPaths(stateRoot(platform.env));
  const registry = createRegistry({ files, processes, paths });
  const name = await sessionName(launch.repoRoot, launch.id);
  for (const directory of paths.directories) await files.makeDirectory(directory);
  const lock = await registry.claim(name);
  try {
    const previous = await registry.find(name);
    if (lock === undefined || previous?.liveness === "live") throw alreadyActive(launch.id, previous?.record);
    if (previous !== undefined) await accountForLost({ platform, paths, registry }, name, previous);
  } catch (error) {
    lock?.[Symbol.dispose]();
    throw error;
  }
  return { paths, registry, name, [Symbol.dispose]: () => letGo(lock) };
}
