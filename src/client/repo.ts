/**
 * Finds the root of the repository that a directory belongs to; sessions are keyed by it. The answer is read from git's
 * files, because running git costs every command a process. Only unusual repositories are left to git itself.
 */

import { basename, dirname, join, resolve } from "node:path";
import { HarnexError } from "../model/errors.ts";
import type { FileStat, Platform } from "../platform/platform.ts";

/** With one of these set, git searches or stops elsewhere. */
const GIT_VARIABLES = [
  "GIT_DIR",
  "GIT_WORK_TREE",
  "GIT_COMMON_DIR",
  "GIT_CEILING_DIRECTORIES",
  "GIT_DISCOVERY_ACROSS_FILESYSTEM",
];
/** Settings that move or disable the work tree, or include a file that may do so. */
const UNUSUAL_CONFIG = /worktree|bare\s*=(?!\s*false\b)|\binclude/i;

/** What `git rev-parse --show-toplevel` prints there; the directory itself outside a repository or without git. */
export async function repoRootOf(platform: Platform, directory: string): Promise<string> {
  const path = resolve(directory);
  const real = await platform.files.realPath(path);
  if (real === undefined) throw new HarnexError("not_found", `no such directory: ${path}`);
  const found = await findWorkTree(platform, real);
  if (found.kind !== "unclear") return found.kind === "root" ? found.path : path;
  try {
    const { code, stdout } = await platform.processes.run(["git", "-C", path, "rev-parse", "--show-toplevel"]);
    const root = stdout.replace(/\n$/, "");
    return code === 0 && root !== "" ? root : path;
  } catch (error) {
    if (error instanceof HarnexError && error.code === "not_found") return path; // git is not installed
    throw error;
  }
}

type WorkTree = { kind: "root"; path: string } | { kind: "none" } | { kind: "unclear" };

/** Walks up from a real path to the directory that git 2.39 takes as the root of a work tree. */
async function findWorkTree(platform: Platform, start: string): Promise<WorkTree> {
  const { files, env } = platform;
  const unclear: WorkTree = { kind: "unclear" };
  if (GIT_VARIABLES.some((name) => env[name] !== undefined)) return unclear;
  let device: number | undefined;
  for (let path = start;; path = dirname(path)) {
    const [folder, mark] = [await files.stat(path), await files.stat(join(path, ".git"))];
    if (folder === undefined) return unclear;
    device ??= folder.device;
    if (folder.device !== device) return { kind: "none" }; // git does not look beyond a file system
    // In a bare repository, and inside `.git`, git says that there is no work tree.
    if (basename(path) === ".git" || await isThere(platform, path, "HEAD")) return unclear;
    const empty = mark?.kind === "directory" && !(await isThere(platform, join(path, ".git"), "HEAD"));
    if (mark !== undefined && !empty) {
      const plain = isOurs(platform, folder) && isOurs(platform, mark) && await isPlain(platform, path, mark);
      return plain ? { kind: "root", path } : unclear;
    }
    if (path === dirname(path)) return { kind: "none" };
  }
}

/** git refuses what belongs to another user, unless it is configured otherwise. */
function isOurs({ system }: Platform, { uid }: FileStat): boolean {
  return uid === system.uid;
}

/** Whether `.git` is that of a repository or a linked work tree, with no setting that moves the work tree. */
async function isPlain(platform: Platform, path: string, mark: FileStat): Promise<boolean> {
  const { files } = platform;
  if (mark.kind === "directory") {
    const folder = join(path, ".git");
    const parts = ["objects", "refs"].map((name) => isThere(platform, folder, name));
    const config = await files.readText(join(folder, "config"));
    return (await Promise.all(parts)).every(Boolean) && config !== undefined && !UNUSUAL_CONFIG.test(config);
  }
  if (mark.kind !== "file") return false;
  const link = /^gitdir: (\/.*\/worktrees\/[^/\n]+)\n*$/.exec((await files.readText(join(path, ".git"))) ?? "");
  const folder = link?.[1] === undefined ? undefined : await files.stat(link[1]);
  if (link?.[1] === undefined || folder?.kind !== "directory" || !isOurs(platform, folder)) return false;
  const [head, common, own] = ["HEAD", "commondir", "config.worktree"].map((name) =>
    isThere(platform, link[1] ?? "", name)
  );
  return await head === true && await common === true && await own === false;
}

async function isThere({ files }: Platform, folder: string, name: string): Promise<boolean> {
  return (await files.stat(join(folder, name))) !== undefined;
}
