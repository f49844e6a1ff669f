/**
 * Flat files on the real disk: private modes, atomic replace, single-write appends, kernel locks.
 * Never follows a symlink to write.
 */

import { HarnexError } from "../model/errors.ts";
import type { AppendFile, FileLock, Files, FileStat } from "./platform.ts";
import { hasWatches, watch } from "./watch.ts";

const FILE_MODE = 0o600;
const DIRECTORY_MODE = 0o700;
const OF_OTHERS = 0o077;
/** Set on folders that all users share, such as `/tmp`. */
const STICKY = 0o1000;

export function createFiles(randomHex: (bytes: number) => string): Files {
  return {
    // Synchronous for small files and file facts: that takes 0.05 ms, and 0.3 through the thread pool.
    readText: (path) => absentAsUndefined(() => Promise.resolve(Deno.readTextFileSync(path))),
    readRange: (path, range) => absentAsUndefined(() => readRange(path, range)),
    realPath: (path) => absentAsUndefined(() => Promise.resolve(Deno.realPathSync(path))),
    stat: (path) => absentAsUndefined(() => Promise.resolve(toStat(Deno.lstatSync(path)))),
    list,
    makeDirectory: (path) => Deno.mkdir(path, { recursive: true, mode: DIRECTORY_MODE }),
    makePrivate,
    replace: (path, text) => replace(path, text, `${path}.tmp.${Deno.pid}.${randomHex(4)}`),
    rewrite: (path, parts) => rewrite(path, parts, `${path}.tmp.${Deno.pid}.${randomHex(4)}`),
    remove: async (path) => (await absentAsUndefined(async () => (await Deno.remove(path), true))) ?? false,
    makeTemporary: (prefix) => Deno.makeTempDir({ prefix }),
    removeTree: (path) => Deno.remove(path, { recursive: true }),
    makeExecutable: (path) => Deno.chmod(path, 0o700),
    openAppend,
    tryLock,
    watch,
    hasWatches,
  };
}

async function absentAsUndefined<T>(read: () => Promise<T>): Promise<T | undefined> {
  try {
    return await read();
  } catch (error) {
    if (error instanceof Deno.errors.NotFound || error instanceof Deno.errors.NotADirectory) return undefined;
    throw error;
  }
}

async function readRange(path: string, range: { offset: number; maxBytes: number }): Promise<Uint8Array> {
  using file = await Deno.open(path, { read: true });
  await file.seek(range.offset, Deno.SeekMode.Start);
  const size = Math.max(0, (await file.stat()).size - range.offset);
  const bytes = new Uint8Array(Math.min(range.maxBytes, size));
  let filled = 0;
  while (filled < bytes.length) {
    const read = await file.read(bytes.subarray(filled));
    if (read === null) break;
    filled += read;
  }
  return bytes.subarray(0, filled);
}

function toStat(found: Deno.FileInfo): FileStat {
  const kind = found.isSymlink ? "symlink" : found.isFile ? "file" : found.isDirectory ? "directory" : "other";
  return {
    kind,
    size: found.size,
    mtimeMs: found.mtime?.getTime() ?? 0,
    mode: (found.mode ?? 0) & 0o7777,
    uid: found.uid ?? -1,
    inode: found.ino ?? 0,
    device: found.dev,
  };
}

async function list(directory: string): Promise<string[]> {
  const entries = await absentAsUndefined(() => Array.fromAsync(Deno.readDir(directory)));
  return (entries ?? []).map(({ name }) => name).sort();
}

async function makePrivate(path: string): Promise<void> {
  const found = await absentAsUndefined(() => Deno.lstat(path));
  const mode = found?.mode ?? 0;
  if (found === undefined || found.isSymlink || found.uid !== Deno.uid()) return;
  if ((mode & OF_OTHERS) === 0 || (mode & STICKY) !== 0) return;
  try {
    await Deno.chmod(path, mode & 0o700);
  } catch (error) {
    if (!(error instanceof Error)) throw error; // it keeps its mode, and doctor reports it
  }
}

async function replace(path: string, text: string, temporary: string): Promise<void> {
  try {
    await Deno.writeTextFile(temporary, text, { createNew: true, mode: FILE_MODE });
    await Deno.rename(temporary, path);
  } catch (error) {
    await absentAsUndefined(() => Deno.remove(temporary));
    throw error;
  }
}

async function rewrite(path: string, parts: AsyncIterable<Uint8Array>, temporary: string): Promise<void> {
  try {
    using file = await Deno.open(temporary, { write: true, createNew: true, mode: FILE_MODE });
    for await (const part of parts) {
      for (let at = 0; at < part.length;) at += await file.write(part.subarray(at));
    }
    await file.syncData();
    await Deno.rename(temporary, path);
  } catch (error) {
    await absentAsUndefined(() => Deno.remove(temporary));
    throw error;
  }
}

async function openAppend(path: string): Promise<AppendFile> {
  await refuseSymlink(path);
  let file = await Deno.open(path, { append: true, create: true, mode: FILE_MODE });
  return {
    append: (bytes) => writeWhole(file, { bytes, path }),
    restart(bytes) {
      const temporary = `${path}.tmp.${Deno.pid}`;
      removeIfThere(temporary); // left by an earlier process with this pid
      const next = Deno.openSync(temporary, { write: true, createNew: true, mode: FILE_MODE });
      try {
        writeWhole(next, { bytes, path: temporary });
        Deno.renameSync(temporary, path);
      } catch (error) {
        next.close();
        throw error;
      }
      file.close();
      file = next;
    },
    sync: () => file.syncData(),
    [Symbol.dispose]: () => file.close(),
  };
}

function writeWhole(file: Deno.FsFile, { bytes, path }: { bytes: Uint8Array; path: string }): void {
  const written = file.writeSync(bytes);
  if (written === bytes.length) return;
  throw new HarnexError("failed", `short write to ${path}: ${written} of ${bytes.length} bytes; is the disk full?`);
}

async function refuseSymlink(path: string): Promise<void> {
  const found = await absentAsUndefined(() => Deno.lstat(path));
  if (found?.isSymlink) throw new HarnexError("failed", `${path} is a symbolic link; remove it and try again`);
}

function removeIfThere(path: string): void {
  try {
    Deno.removeSync(path);
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
  }
}

async function tryLock(path: string): Promise<FileLock | undefined> {
  await refuseSymlink(path);
  for (;;) {
    const file = await Deno.open(path, { write: true, create: true, mode: FILE_MODE });
    if (!file.tryLockSync(true)) {
      file.close();
      return undefined;
    }
    // The holder before may have removed the file meanwhile; then this lock protects nothing.
    const [held, named] = [await file.stat(), await absentAsUndefined(() => Deno.lstat(path))];
    if (named !== undefined && named.ino === held.ino) {
      return {
        [Symbol.dispose]: () => file.close(),
        removeAndRelease() {
          try {
            removeIfThere(path);
          } finally {
            file.close();
          }
        },
      };
    }
    file.close();
  }
}
