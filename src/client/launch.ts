/**
 * Starts a host in another process, in the background or in a tmux window, and waits until its session is registered.
 * A host that fails before that is reported in its own words.
 */

import { HarnexError } from "../model/errors.ts";
import type { LaunchSpec } from "../model/launch.ts";
import type { RegistryRecord } from "../model/session.ts";
import { environmentWithout } from "../model/setting.ts";
import type { Files, Platform } from "../platform/platform.ts";
import { createTmux, type TmuxPane } from "../platform/tmux.ts";
import { createDeadline, type Deadline, firstFound } from "../platform/waiting.ts";
import {
  errorFile,
  readFailure,
  readRegistration,
  registrationFile,
  removeLaunch,
  writeLaunch,
} from "../store/launches.ts";
import { sessionName } from "../store/paths.ts";
import { makeStateDirectory } from "../store/state_directory.ts";
import type { FoundSession, Store } from "./store.ts";

/** How much of its log is shown when a host did not come up. */
const LOG_LINES = 10;
const LOG_BYTES = 16 * 1024;
/** What marks the calling session, if there is one: the new agent is not its descendant, and gets its own. */
const OF_CALLER = ["HARNEX_SESSION_ID", "HARNEX_SESSION_CLI", "HARNEX_ID", "HARNEX_SESSION_REPO_ROOT"];

export interface Launched extends FoundSession {
  log: string;
  pane?: TmuxPane;
}

/** The environment of this process without what marks it as part of a session. */
export function launchEnvironment(env: Readonly<Record<string, string | undefined>>): Record<string, string> {
  return environmentWithout(OF_CALLER, env);
}

/**
 * Resolves when the session is registered. Throws what the host failed with, or `timeout` after `timeoutMs`.
 * `window` names the tmux window for mode `tmux`.
 */
export async function launchHost(
  store: Store,
  spec: LaunchSpec,
  options: { timeoutMs: number; window: string },
): Promise<Launched> {
  const { platform, paths } = store;
  const { files } = platform;
  await makeStateDirectory(files, paths);
  const log = await markLog(files, paths.log(spec.id));
  const launchFile = await writeLaunch({ files, paths, randomHex: platform.randomHex }, spec);
  using deadline = createDeadline(platform, options.timeoutMs);
  let host: StartedHost | undefined;
  try {
    host = await startHost(store, spec, { launchFile, log: log.path, window: options.window });
    const record = await awaitRegistration(files, { launchFile, host, deadline });
    if (record === undefined) {
      await endHost(platform, host.pid);
      throw notRegistered(await log.readTail(), { id: spec.id, log: log.path, timeoutMs: options.timeoutMs, deadline });
    }
    const name = sessionName(spec.repoRoot, spec.id);
    const { pane } = host;
    const found: FoundSession = { record, name, path: paths.session(name), liveness: "live" };
    return { ...found, log: log.path, ...(pane === undefined ? {} : { pane }) };
  } finally {
    host?.release();
    await removeLaunch({ files, paths }, launchFile);
  }
}

interface HostLog {
  path: string;
  /** The last lines that were written since, on one line. */
  readTail(): Promise<string>;
}

/** Remembers how far the log goes now: the lines of an older host of the id do not say why this one failed. */
async function markLog(files: Files, path: string): Promise<HostLog> {
  const before = await files.stat(path);
  // A shell opens the log, and would write wherever a link points to.
  if (before?.kind === "symlink") {
    throw new HarnexError("failed", `${path} is a symbolic link; remove it and try again`);
  }
  return {
    path,
    async readTail() {
      const end = (await files.stat(path))?.size ?? 0;
      const offset = Math.max(before?.size ?? 0, end - LOG_BYTES);
      const bytes = await files.readRange(path, { offset, maxBytes: LOG_BYTES });
      const lines = new TextDecoder().decode(bytes).trim().split("\n").slice(-LOG_LINES);
      return lines.join("\n").replaceAll(/\s*\n\s*/g, " | ");
    },
  };
}

interface StartedHost {
  /** of the host, or of what tmux has started for it */
  pid: number;
  pane?: TmuxPane;
  /** absent where the host is no child of this process */
  exit?: Promise<unknown>;
  /** Lets this process end although the host still runs. */
  release(): void;
}

async function startHost(
  { platform, paths }: Store,
  spec: LaunchSpec,
  { launchFile, log, window }: { launchFile: string; log: string; window: string },
): Promise<StartedHost> {
  const argv = [...platform.system.self, "__host", launchFile];
  if (spec.mode !== "tmux") {
    return platform.processes.spawnDetached(argv, { cwd: spec.cwd, env: spec.env, log });
  }
  const pane = await createTmux(platform.processes, spec.env).openWindow({
    name: window,
    cwd: spec.cwd,
    // The window has the environment of the tmux server, but the state directory must be ours.
    argv: ["env", `HARNEX_STATE_DIR=${paths.root}`, ...argv],
  });
  return { pid: pane.pid, pane, release: () => {} };
}

/** The registered session; undefined when the time ran out or the host exited first. Throws the host's failure. */
async function awaitRegistration(
  files: Files,
  { launchFile, host, deadline }: { launchFile: string; host: StartedHost; deadline: Deadline },
): Promise<RegistryRecord | undefined> {
  const done = new AbortController();
  const signal = AbortSignal.any([deadline.signal, done.signal]);
  const registered = () => readRegistration(files, launchFile);
  const throwFailure = async (): Promise<undefined> => {
    const failure = await readFailure(files, launchFile);
    if (failure !== undefined) throw failure;
  };
  const exited = host.exit?.then(async () => {
    await throwFailure();
    return await registered();
  });
  try {
    return await Promise.race([
      firstFound(files.watch(registrationFile(launchFile), signal), registered),
      firstFound(files.watch(errorFile(launchFile), signal), throwFailure),
      ...(exited === undefined ? [] : [exited]),
    ]);
  } finally {
    done.abort();
  }
}

/** A session whose start is reported as failed must not appear later. TERM lets a host that got far clean up. */
async function endHost({ processes }: Platform, pid: number): Promise<void> {
  const host = await processes.find(pid);
  if (host !== undefined) await processes.signal(host, "SIGTERM");
}

function notRegistered(
  tail: string,
  { id, log, timeoutMs, deadline }: { id: string; log: string; timeoutMs: number; deadline: Deadline },
): HarnexError {
  const why = tail === "" ? `; see ${log}` : `: ${tail}`;
  return deadline.expired
    ? new HarnexError("timeout", `session "${id}" did not register within ${timeoutMs / 1000}s${why}`)
    : new HarnexError("failed", `session "${id}" ended before it was registered${why}`);
}
