/**
 * Starts a host in another process, in the background or in a tmux window, and waits until its session is
 * registered. What goes wrong before that is told in the host's own words.
 */

import { basename, join } from "node:path";
import { type ErrorCode, HarnexError } from "../model/errors.ts";
import type { LaunchSpec } from "../model/launch.ts";
import type { RegistryRecord } from "../model/session.ts";
import type { DetachedProcess, Files, Platform } from "../platform/platform.ts";
import { parseObject, stringField } from "../text/json.ts";
import { environmentWithout } from "../model/setting.ts";
import { sessionName } from "../store/paths.ts";
import { parseRecord } from "../store/registry.ts";
import { makeStateDirectory } from "../store/state_directory.ts";
import { createTmux, type TmuxPane } from "../platform/tmux.ts";
import { createDeadline, firstFound } from "../platform/waiting.ts";
import type { FoundSession, Store } from "./store.ts";

/** How much of the host's log is shown when it did not come up. */
const LOG_LINES = 10;
const LOG_BYTES = 16 * 1024;
/** Of the calling session, if there is one: the new agent is not its descendant, and gets its own. */
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
  const name = sessionName(spec.repoRoot, spec.id);
  await makeStateDirectory(files, paths);
  await files.makeDirectory(paths.launches);
  const log = paths.log(spec.id);
  // A shell opens it, which would write wherever a link points to.
  if ((await files.stat(log))?.kind === "symlink") {
    throw new HarnexError("failed", `${log} is a symbolic link; remove it and try again`);
  }
  // An older host of the id may have written there too: its lines do not say why this one failed.
  const logStart = (await files.stat(log))?.size ?? 0;
  const file = join(paths.launches, `${platform.randomHex(8)}.json`);
  await files.replace(file, JSON.stringify(spec));
  const argv = [...platform.system.self, "__host", file];

  let host: DetachedProcess | undefined;
  let pane: TmuxPane | undefined;
  using deadline = createDeadline(platform, options.timeoutMs);
  const done = new AbortController();
  const signal = AbortSignal.any([deadline.signal, done.signal]);
  try {
    if (spec.mode === "tmux") {
      // The window gets the server's environment; the state directory must be ours all the same.
      const env = ["env", `HARNEX_STATE_DIR=${paths.root}`];
      pane = await createTmux(platform.processes, spec.env).openWindow({
        name: options.window,
        cwd: spec.cwd,
        argv: [...env, ...argv],
      });
    } else {
      host = platform.processes.spawnDetached(argv, { cwd: spec.cwd, env: spec.env, log });
    }
    const hostPid = host?.pid ?? pane?.pid;
    const registered = async () => parseRecord(await files.readText(registrationFile(file)) ?? "");
    const attempts = [
      firstFound(files.watch(registrationFile(file), signal), registered),
      firstFound(files.watch(errorFile(file), signal), async () => {
        const text = await files.readText(errorFile(file));
        if (text !== undefined) throw parseFailure(text);
        return undefined;
      }),
      ...(host === undefined ? [] : [host.exit.then(async () => {
        const failure = await files.readText(errorFile(file));
        if (failure !== undefined) throw parseFailure(failure);
        return await registered();
      })]),
    ];
    const record = await Promise.race(attempts);
    if (record === undefined) {
      await endHost(platform, hostPid);
      const tail = await tailSince(files, log, logStart);
      const why = tail === "" ? `; see ${log}` : `: ${tail.replaceAll(/\s*\n\s*/g, " | ")}`;
      throw deadline.expired
        ? new HarnexError("timeout", `session "${spec.id}" did not register within ${options.timeoutMs / 1000}s${why}`)
        : new HarnexError("failed", `session "${spec.id}" ended before it was registered${why}`);
    }
    return { record, name, path: paths.session(name), liveness: "live", log, ...(pane === undefined ? {} : { pane }) };
  } finally {
    done.abort();
    host?.release();
    // The host's answers too, and what one that died in the middle of an answer has left.
    for (const left of await files.list(paths.launches)) {
      if (left.startsWith(basename(file))) await files.remove(join(paths.launches, left));
    }
  }
}

/** The last lines of what was written since the file had `start` bytes. */
async function tailSince(files: Files, path: string, start: number): Promise<string> {
  const end = (await files.stat(path))?.size ?? 0;
  const offset = Math.max(start, end - LOG_BYTES);
  const bytes = await files.readRange(path, { offset, maxBytes: LOG_BYTES });
  return new TextDecoder().decode(bytes).trim().split("\n").slice(-LOG_LINES).join("\n");
}

/** Who was told that the start failed must not find the session later. TERM lets a host that got far clean up. */
async function endHost({ processes }: Platform, pid: number | undefined): Promise<void> {
  const host = pid === undefined ? undefined : await processes.find(pid);
  if (host !== undefined) await processes.signal(host, "SIGTERM");
}

/** Where a host that cannot start says why. */
export function errorFile(launchFile: string): string {
  return `${launchFile}.error`;
}

/** Where a host tells who launched it of its session: an agent that ends at once leaves no record to look at. */
export function registrationFile(launchFile: string): string {
  return `${launchFile}.registered`;
}

/** The content of that file, as private as the record itself, and removed as soon as it was read. */
export function formatRegistration(record: RegistryRecord): string {
  return JSON.stringify(record);
}

/** The content of the file of a host that failed. */
export function formatFailure(error: unknown): string {
  const code: ErrorCode = error instanceof HarnexError ? error.code : "failed";
  return JSON.stringify({ code, message: error instanceof Error ? error.message : String(error) });
}

const CODES: readonly ErrorCode[] = ["usage", "invalid", "not_found", "conflict", "timeout", "unavailable", "failed"];

function parseFailure(text: string): HarnexError {
  const object = parseObject(text) ?? {};
  const code = CODES.find((known) => known === object["code"]) ?? "failed";
  return new HarnexError(code, stringField(object, "message") ?? "the host failed");
}
