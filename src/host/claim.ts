/** Takes an id for this process until it ends, however it ends, and recovers a session of the id whose host died. */

import type { LaunchSpec } from "../model/launch.ts";
import type { FileLock, Platform } from "../platform/platform.ts";
import { type Paths, type SessionName, sessionName } from "../store/paths.ts";
import { makeStateDirectory } from "../store/state_directory.ts";
import { alreadyActive, openRegistry, type Registry } from "../store/registry.ts";
import { recoverSession } from "../recovery/recover.ts";

/** A sweep or prune holds an id for a moment; a session holds it for its life, and has a record soon. */
const CLAIM_WAIT_MS = 3_000;
const CLAIM_STEP_MS = 50;

export interface Claim extends Disposable {
  paths: Paths;
  registry: Registry;
  name: SessionName;
}

/** A lock file that cannot be removed locks nothing any more, and hinders no later session. */
function letGo(lock: FileLock): void {
  try {
    lock.removeAndRelease();
  } catch (error) {
    if (!(error instanceof Error)) throw error;
  }
}

/** Throws `conflict`, naming pid and port, when a live session has the id. */
export async function claimSession(launch: LaunchSpec, platform: Platform): Promise<Claim> {
  const { clock, files } = platform;
  const { paths, registry } = openRegistry(platform);
  const name = sessionName(launch.repoRoot, launch.id);
  await makeStateDirectory(files, paths);
  let lock = await registry.claim(name);
  try {
    let previous = await registry.find(name);
    const deadline = clock.monotonic() + CLAIM_WAIT_MS;
    while (lock === undefined && previous?.liveness !== "live" && clock.monotonic() < deadline) {
      await clock.sleep(CLAIM_STEP_MS);
      lock = await registry.claim(name);
      previous = await registry.find(name);
    }
    if (lock === undefined || previous?.liveness === "live") throw alreadyActive(launch.id, previous?.record);
    if (previous !== undefined) await recoverSession({ platform, paths, registry }, name, previous);
    // The files of an earlier run may be the established tool's, which other users can read.
    const { output, events, inbox, exit, log, dispatches } = paths;
    const older = [output(name), events(name), inbox(name), exit(name), log(launch.id), dispatches];
    for (const path of older) await files.makePrivate(path);
  } catch (error) {
    lock?.[Symbol.dispose]();
    throw error;
  }
  return { paths, registry, name, [Symbol.dispose]: () => letGo(lock) };
}
