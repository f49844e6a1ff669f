/**
 * Injects faults for tests: the program dies, or a file operation fails, at a named step. Loaded only when
 * `HARNEX_FAULT` is set.
 */

import { basename, dirname } from "node:path";
import { HarnexError } from "../model/errors.ts";
import type { AppendFile, FileLock, Files, Platform, Processes } from "./platform.ts";

/**
 * `kill`: this process gets KILL before the step; `tear`: after half of what the step writes; `kill-after`: after the
 * whole of an append. An errno makes the step fail if it is a file operation; a full disk takes half of an append
 * first.
 */
type FaultAction = typeof DEATHS[number] | Errno;
type Errno = keyof typeof ERRNOS;

const DEATHS = ["kill", "tear", "kill-after"] as const;
const ERRNOS = {
  ENOSPC: "No space left on device",
  EACCES: "Permission denied",
  EROFS: "Read-only file system",
  EIO: "Input/output error",
};

export interface Faults {
  action: FaultAction;
  /** the operation and the folder of its file, such as `append events`; `*` is every step */
  step: string;
  /** which of these steps, from 1 */
  nth: number;
  /** `always`: every such step from the nth on */
  until: "once" | "always";
  /** called with each step when it is reached */
  onStep?: (step: string) => void;
}

/** Reads `kill append events 2`, `ENOSPC * 7`, `EROFS replace exits 1+`, or `trace FILE`. Throws a usage error. */
export function parseFaults(text: string): Faults {
  const [, traced] = /^trace (.+)$/.exec(text) ?? [];
  if (traced !== undefined) {
    const onStep = (step: string) => Deno.writeTextFileSync(traced, `${step}\n`, { append: true });
    return { action: "kill", step: "none", nth: 1, until: "once", onStep };
  }
  const [, word, step, nth, always] = /^([\w-]+) (.+) ([1-9]\d*)(\+?)$/.exec(text) ?? [];
  const actions: readonly FaultAction[] = [...DEATHS, "ENOSPC", "EACCES", "EROFS", "EIO"];
  const action = actions.find((known) => known === word);
  if (action === undefined || step === undefined) {
    throw new HarnexError("usage", `HARNEX_FAULT: cannot read "${text}"; it is for harnex's own tests, unset it`);
  }
  return { action, step, nth: Number(nth), until: always === "+" ? "always" : "once" };
}

/** What a step writes, for faults in the middle and at the end of the step. */
interface Writing {
  half: () => void;
  whole?: () => void;
}

type Reach = (operation: string, path: string, writing?: Writing) => void;

export function withFaults(platform: Platform, faults: Faults): Platform {
  let reached = 0;
  const fail = (step: string, writing: Writing | undefined) => {
    const { action } = faults;
    if (action === "kill" || action === "tear" || action === "kill-after") {
      if (action === "tear") writing?.half();
      if (action === "kill-after") writing?.whole?.();
      Deno.kill(Deno.pid, "SIGKILL");
      for (;;); // until the signal arrives
    }
    if (/^(run|serve|spawn|releaseGuard)/.test(step)) return;
    if (action === "ENOSPC") writing?.half();
    throw systemError(action);
  };
  const reach: Reach = (operation, path, writing) => {
    // The folders of single sessions are all called `own`.
    const step = `${operation} ${basename(dirname(path)).replace(/^[0-9a-f]{16}(--.*)?$/, "own")}`;
    faults.onStep?.(step);
    if (faults.step !== "*" && faults.step !== step) return;
    reached += 1;
    if (reached === faults.nth || (faults.until === "always" && reached > faults.nth)) fail(step, writing);
  };
  return {
    ...platform,
    files: faultyFiles(platform.files, reach),
    processes: faultyProcesses(platform.processes, reach),
    serve(options) {
      reach("serve", `address/${options.port}`);
      return platform.serve(options);
    },
  };
}

function systemError(errno: Errno): Error {
  if (errno === "EACCES") return new Deno.errors.PermissionDenied(ERRNOS[errno]);
  return Object.assign(new Error(ERRNOS[errno]), { code: errno });
}

function faultyFiles(files: Files, reach: Reach): Files {
  const before = <Rest extends readonly unknown[], Result>(
    operation: string,
    call: (path: string, ...rest: Rest) => Promise<Result>,
  ) =>
  async (path: string, ...rest: Rest): Promise<Result> => {
    reach(operation, path);
    return await call(path, ...rest);
  };
  return {
    readText: before("readText", files.readText),
    realPath: before("realPath", files.realPath),
    readRange: before("readRange", files.readRange),
    list: before("list", files.list),
    stat: before("stat", files.stat),
    makeDirectory: before("makeDirectory", files.makeDirectory),
    makePrivate: before("makePrivate", files.makePrivate),
    async replace(path, text) {
      const half = () => Deno.writeTextFileSync(`${path}.tmp.torn`, text.slice(0, text.length / 2), { mode: 0o600 });
      reach("replace", path, { half });
      await files.replace(path, text);
    },
    rewrite: before("rewrite", files.rewrite),
    remove: before("remove", files.remove),
    makeTemporary: before("makeTemporary", files.makeTemporary),
    removeTree: before("removeTree", files.removeTree),
    makeExecutable: before("makeExecutable", files.makeExecutable),
    async openAppend(path) {
      reach("openAppend", path);
      return faultyAppend(await files.openAppend(path), path, reach);
    },
    async tryLock(path) {
      reach("tryLock", path);
      const lock = await files.tryLock(path);
      return lock && faultyLock(lock, path, reach);
    },
    watch: files.watch,
    hasWatches: files.hasWatches,
  };
}

function faultyAppend(file: AppendFile, path: string, reach: Reach): AppendFile {
  return {
    append(bytes) {
      reach("append", path, {
        half: () => file.append(bytes.subarray(0, bytes.length / 2)),
        whole: () => file.append(bytes),
      });
      file.append(bytes);
    },
    async sync() {
      reach("sync", path);
      await file.sync();
    },
    restart(bytes) {
      reach("restart", path);
      file.restart(bytes);
    },
    [Symbol.dispose]: () => file[Symbol.dispose](),
  };
}

function faultyLock(lock: FileLock, path: string, reach: Reach): FileLock {
  return {
    removeAndRelease() {
      try {
        reach("release", path);
      } catch (error) {
        lock[Symbol.dispose](); // releasing the kernel's lock never fails
        throw error;
      }
      lock.removeAndRelease();
    },
    [Symbol.dispose]: () => lock[Symbol.dispose](),
  };
}

/** For programs there are only steps to die at; they fail often enough by themselves. */
function faultyProcesses(processes: Processes, reach: Reach): Processes {
  return {
    ...processes,
    async run(argv, options) {
      reach("run", `program/${argv[0]}`);
      return await processes.run(argv, options);
    },
    async spawnPty(argv, options) {
      reach("spawnPty", "agent/");
      const process = await processes.spawnPty(argv, options);
      reach("spawned", "agent/");
      return {
        ...process,
        async release() {
          reach("releaseGuard", "agent/");
          await process.release();
        },
      };
    },
    async spawnPiped(argv, options) {
      reach("spawnPiped", "agent/");
      const process = await processes.spawnPiped(argv, options);
      reach("spawned", "agent/");
      return process;
    },
  };
}
