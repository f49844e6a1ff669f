/**
 * Faults on demand, for tests: a disk that fails, or a host that dies, at one exact step. A host does this when
 * HARNEX_FAULT in its launch environment asks for it, and its agent never sees that variable.
 */

import { HarnexError } from "../model/errors.ts";
import type { AppendFile, FileLock, Files, Platform } from "./platform.ts";

export const FAULT_VARIABLE = "HARNEX_FAULT";

/** Those on files can fail; before all of them, and after those that write, a host can die. */
const ON_FILES = [
  ...["append", "restart", "sync", "replace", "rewrite", "remove", "removeTree", "makeDirectory", "makeTemporary"],
  ...["makeExecutable", "openAppend", "tryLock", "release", "readText", "readRange", "list", "stat"],
];
const OTHERS = ["serve", "run", "spawn", "spawned", "leave"];
const DEATHS = ["kill-before", "kill-half", "kill-after"] as const;
/** As Deno spells them. */
const ERRORS = {
  ENOSPC: "No space left on device (os error 28)",
  EACCES: "Permission denied (os error 13)",
  EROFS: "Read-only file system (os error 30)",
  EIO: "Input/output error (os error 5)",
};
const FAILURES = ["ENOSPC", "EACCES", "EROFS", "EIO"] as const;

interface Fault {
  /** `*`: every one on files */
  operation: string;
  /** the first time that counts, and whether those after it do */
  nth: number;
  times: "once" | "from then on";
  path: string;
  what: typeof DEATHS[number] | typeof FAILURES[number] | "ENOSPC-half" | "trace";
}

/** Called before a step; gives what is to be called after it. Fails, or does not return, when it is not to be done. */
type Begin = (operation: string, path: string, half?: () => void) => { end: () => void };

/**
 * `OPERATION NTH PATH WHAT`, several separated by `;`. The NTH time that OPERATION is done to a path that contains
 * PATH (`3`; `3+`: from then on; `*`: each time; OPERATION `*`: any operation on a file; PATH `*`: any path):
 * - `kill-before`, `kill-after`: the process kills itself, as `kill -9` would, with the operation not yet done, or done;
 * - `kill-half`: the same with half of the bytes of an append, or of a replacement's temporary file, written;
 * - `ENOSPC`, `EACCES`, `EROFS`, `EIO`: the operation fails with the system's error, and nothing is written;
 * - `ENOSPC-half`: an append fails with half of its bytes written, as where they just did not fit.
 * `trace FILE` appends every step to FILE, as `OPERATION PATH`.
 *
 * Gives a world that fails as `text` says; the very same when it says nothing.
 */
export function withFaults(platform: Platform, text: string | undefined): Platform {
  if (text === undefined || text === "") return platform;
  const begin = createBegin(text);
  const { processes } = platform;
  return {
    ...platform,
    files: faultyFiles(platform.files, begin),
    serve(options) {
      begin("serve", `address/${options.port}`);
      return platform.serve(options);
    },
    processes: {
      ...processes,
      async run(argv, options) {
        begin("run", argv.join(" "));
        return await processes.run(argv, options);
      },
      async spawnPty(argv, options) {
        begin("spawn", argv.join(" "));
        const process = await processes.spawnPty(argv, options);
        begin("spawned", argv.join(" "));
        return {
          ...process,
          async release() {
            begin("leave", argv.join(" "));
            await process.release();
          },
        };
      },
      async spawnPiped(argv, options) {
        begin("spawn", argv.join(" "));
        const process = await processes.spawnPiped(argv, options);
        begin("spawned", argv.join(" "));
        return process;
      },
    },
  };
}

/** The same for files alone. */
export function filesWithFaults(files: Files, text: string | undefined): Files {
  return text === undefined || text === "" ? files : faultyFiles(files, createBegin(text));
}

function createBegin(text: string): Begin {
  const faults = text.split(";").map((one) => ({ ...parseFault(one.trim()), seen: 0 }));
  return (operation, path, half = () => {}) => {
    const due = faults.filter((fault) => isMeant(fault, operation, path)).filter((fault) => {
      fault.seen += 1;
      return fault.times === "once" ? fault.seen === fault.nth : fault.seen >= fault.nth;
    });
    for (const { what, path: file } of due) {
      if (what === "trace") Deno.writeTextFileSync(file, `${operation} ${path}\n`, { append: true });
      else if (what === "kill-before" || what === "kill-half") {
        if (what === "kill-half") half();
        die();
      } else if (what !== "kill-after") {
        if (what === "ENOSPC-half") half();
        throw systemError(what === "ENOSPC-half" ? "ENOSPC" : what, `${operation} '${path}'`);
      }
    }
    return { end: () => due.some(({ what }) => what === "kill-after") ? die() : undefined };
  };
}

function isMeant({ operation, path, what }: Fault, done: string, on: string): boolean {
  if (what === "trace") return true;
  return (operation === "*" ? ON_FILES.includes(done) : operation === done) && (path === "*" || on.includes(path));
}

function parseFault(text: string): Fault {
  const traced = /^trace (.+)$/.exec(text)?.[1];
  if (traced !== undefined) return { operation: "*", nth: 1, times: "from then on", path: traced, what: "trace" };
  const [operation = "", nth = "", path, result, ...more] = text.split(/\s+/);
  const what = ([...DEATHS, ...FAILURES, "ENOSPC-half"] as const).find((one) => one === result);
  const [, count, plus] = /^([1-9]\d*|\*)(\+?)$/.exec(nth) ?? [];
  const isKnown = ["*", ...ON_FILES, ...OTHERS].includes(operation);
  if (!isKnown || what === undefined || path === undefined || count === undefined || more.length > 0) {
    throw new HarnexError("usage", `${FAULT_VARIABLE}: "${text}" is not OPERATION NTH PATH WHAT`);
  }
  const times = count === "*" || plus === "+" ? "from then on" : "once";
  return { operation, nth: count === "*" ? 1 : Number(count), times, path, what };
}

function systemError(errno: typeof FAILURES[number], doing: string): Error {
  const text = `${ERRORS[errno]}, ${doing}`;
  return errno === "EACCES" ? new Deno.errors.PermissionDenied(text) : Object.assign(new Error(text), { code: errno });
}

/** Ends this process at once, with nothing cleaned up. */
function die(): never {
  Deno.kill(Deno.pid, "SIGKILL");
  for (;;); // the signal is on its way
}

function faultyFiles(files: Files, begin: Begin): Files {
  const around = <Rest extends readonly unknown[], Result>(
    operation: string,
    call: (path: string, ...rest: Rest) => Promise<Result>,
  ) =>
  async (path: string, ...rest: Rest): Promise<Result> => {
    const step = begin(operation, path);
    const result = await call(path, ...rest);
    step.end();
    return result;
  };
  return {
    readText: around("readText", files.readText),
    readRange: around("readRange", files.readRange),
    list: around("list", files.list),
    stat: around("stat", files.stat),
    makeDirectory: around("makeDirectory", files.makeDirectory),
    async replace(path, text) {
      const half = () => Deno.writeTextFileSync(`${path}.tmp.torn`, text.slice(0, text.length / 2), { mode: 0o600 });
      const step = begin("replace", path, half);
      await files.replace(path, text);
      step.end();
    },
    rewrite: around("rewrite", files.rewrite),
    remove: around("remove", files.remove),
    makeTemporary: around("makeTemporary", files.makeTemporary),
    removeTree: around("removeTree", files.removeTree),
    makeExecutable: around("makeExecutable", files.makeExecutable),
    openAppend: around("openAppend", async (path) => faultyAppend(await files.openAppend(path), path, begin)),
    async tryLock(path) {
      begin("tryLock", path);
      const lock = await files.tryLock(path);
      return lock && faultyLock(lock, path, begin);
    },
    watch: files.watch,
  };
}

function faultyAppend(file: AppendFile, path: string, begin: Begin): AppendFile {
  return {
    append(bytes) {
      const step = begin("append", path, () => file.append(bytes.subarray(0, bytes.length >> 1)));
      file.append(bytes);
      step.end();
    },
    async sync() {
      const step = begin("sync", path);
      await file.sync();
      step.end();
    },
    restart(bytes) {
      const step = begin("restart", path);
      file.restart(bytes);
      step.end();
    },
    [Symbol.dispose]: () => file[Symbol.dispose](),
  };
}

function faultyLock(lock: FileLock, path: string, begin: Begin): FileLock {
  return {
    removeAndRelease() {
      try {
        begin("release", path);
      } catch (error) {
        lock[Symbol.dispose](); // the kernel's part never fails
        throw error;
      }
      lock.removeAndRelease();
    },
    [Symbol.dispose]: () => lock[Symbol.dispose](),
  };
}
