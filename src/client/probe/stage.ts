/**
 * The throw-away place of a probe: a state directory and, for each session, a home and a project folder, all inside
 * harnex's own state directory. When it is disposed, everything that was started in it is ended and removed.
 */

import { join } from "node:path";
import { HarnexError } from "../../model/errors.ts";
import type { Trial, TrialPlace } from "../../model/trial.ts";
import type { Platform } from "../../platform/platform.ts";
import { settledWithin, untilTrue } from "../../platform/waiting.ts";
import { listDeadStages, makeStageFolder } from "../../store/probes.ts";
import { openStore, type Store } from "../store.ts";

/** In the environment of everything that a probe starts; the value begins with the name of its stage. */
export const PROBE_MARK = "HARNEX_PROBE";

export interface Stage extends AsyncDisposable {
  /** Runs what uses the stage; it has ended, in whichever way, when the stage is removed. */
  use<T>(work: () => Promise<T>, signal: AbortSignal): Promise<T>;
  /** removed at the end */
  readonly root: string;
  /** the store of the sessions of this stage */
  readonly store: Store;
  /** Makes the home and the project folder of one session. */
  room(name: string, trial: Trial, options: Pick<TrialPlace, "modelUrl" | "boot">): Promise<Room>;
}

/** The place of one session. */
export interface Room {
  readonly name: string;
  readonly project: string;
  /** the whole environment of the agent */
  readonly env: Record<string, string>;
  /** Processes that were started in this room and still run; empty where the system does not show the environment. */
  remaining(): Promise<number[]>;
}

/** What an agent gets of the user's environment: where programs are, the language, the time zone. */
const KEPT = ["PATH", "LANG", "LC_ALL", "LC_CTYPE", "TZ", "DENO_DIR", "DENO_TLS_CA_STORE"] as const;
/** A host that ends its session takes the two grace periods of its agent. */
const HOSTS_END_MS = 10_000;
const REMOVE_MS = 3_000;
const LOOK_MS = 50;

export async function openStage({ platform, paths }: Store): Promise<Stage> {
  const { clock, files, processes, system } = platform;
  await removeDeadStages(platform, { paths });
  const name = platform.randomHex(4);
  const start = (await processes.find(system.pid))?.start ?? "";
  const root = await makeStageFolder({ files, paths }, { owner: { pid: system.pid, start }, name });
  const store = openStore({
    ...platform,
    env: { ...keptEnvironment(platform), HARNEX_STATE_DIR: join(root, "state") },
  });
  let works: Promise<unknown> = Promise.resolve();
  let isClosed = false;
  const stage: Stage = {
    root,
    store,
    use(work, signal) {
      const working = work();
      works = working.catch(() => undefined);
      return unlessAborted(working, signal);
    },
    async room(session, trial, options) {
      if (isClosed) throw new HarnexError("failed", "the probe was ended");
      const place = (folder: string) => join(root, session, folder);
      const [home, project, temporary] = [place("home"), place("project"), place("tmp")];
      for (const folder of [home, project, temporary]) await files.makeDirectory(folder);
      const prepared = trial.prepare({ home, project, ...options });
      for (const { path, text } of prepared.files) {
        await files.makeDirectory(join(path, ".."));
        await files.replace(path, text);
      }
      const mark = `${name}.${session}`;
      return {
        name: session,
        project,
        env: {
          ...keptEnvironment(platform),
          HOME: home,
          TMPDIR: temporary,
          TERM: "xterm-256color",
          // The stage may lie inside a repository of the user's.
          GIT_CEILING_DIRECTORIES: root,
          HARNEX_STATE_DIR: store.paths.root,
          [PROBE_MARK]: mark,
          ...prepared.env,
        },
        remaining: async () => (await processes.findByEnvironment(`${PROBE_MARK}=${mark}`)).map(({ pid }) => pid),
      };
    },
    async [Symbol.asyncDispose]() {
      isClosed = true;
      await endHosts(store);
      await killMarked(platform, name);
      // A session that was just being started has failed by now, and starts no more.
      await settledWithin(works, { clock, ms: HOSTS_END_MS });
      await killMarked(platform, name);
      await untilTrue(() => isRemoved(files, root), { clock, everyMs: LOOK_MS, limitMs: REMOVE_MS });
    },
  };
  return stage;
}

/** False while a process that is about to end still writes there. */
async function isRemoved(files: Platform["files"], root: string): Promise<boolean> {
  await files.removeTree(root).catch(() => undefined);
  return (await files.stat(root)) === undefined;
}

/** Rejects at once when aborted, whatever goes on. */
async function unlessAborted<T>(work: Promise<T>, signal: AbortSignal): Promise<T> {
  const aborted = Promise.withResolvers<never>();
  const stop = () => aborted.reject(signal.reason);
  signal.addEventListener("abort", stop, { once: true });
  if (signal.aborted) stop();
  try {
    return await Promise.race([work, aborted.promise]);
  } finally {
    signal.removeEventListener("abort", stop);
  }
}

function keptEnvironment({ env }: Pick<Platform, "env">): Record<string, string> {
  return Object.fromEntries(KEPT.flatMap((name) => env[name] === undefined ? [] : [[name, env[name]]]));
}

/** Asks the hosts that still run to end their sessions, and waits for them. */
async function endHosts({ platform: { clock, processes }, registry }: Store): Promise<void> {
  const hosts = (await registry.list()).map(({ record }) => ({ pid: record.host_pid, start: record.host_start }));
  for (const host of hosts) await processes.signal(host, "SIGTERM");
  const isOver = async () => (await Promise.all(hosts.map((host) => processes.isAlive(host)))).every((alive) => !alive);
  await untilTrue(isOver, { clock, everyMs: LOOK_MS, limitMs: HOSTS_END_MS });
}

async function killMarked({ processes }: Pick<Platform, "processes">, name: string): Promise<void> {
  const found = await processes.findByVariable(PROBE_MARK);
  const marks = new Set(found.map(({ value }) => value).filter((value) => value.startsWith(`${name}.`)));
  for (const mark of marks) await processes.findByEnvironment(`${PROBE_MARK}=${mark}`, "SIGKILL");
}

/** Ends and removes what probes have left that were killed. */
export async function removeDeadStages(platform: Platform, { paths }: Pick<Store, "paths">): Promise<void> {
  const { files, processes } = platform;
  for (const { folder, name } of await listDeadStages({ files, paths }, processes)) {
    await killMarked(platform, name);
    await files.removeTree(folder);
  }
}
