/**
 * What git says about the repository before and after a session. Every failure reads as "not known".
 */

import type { Processes } from "../platform/platform.ts";

const GIT_TIMEOUT_MS = 5_000;

export interface GitPoint {
  sha: string;
  branch: string | null;
}

export interface GitDelta {
  sha: string;
  loc_added: number | null;
  loc_removed: number | null;
  files_changed: number | null;
  commits: number | null;
}

/** Undefined outside a repository and before the first commit. */
export async function gitPoint(processes: Processes, root: string): Promise<GitPoint | undefined> {
  const sha = await git(processes, root, ["rev-parse", "--verify", "-q", "HEAD"]);
  if (sha === undefined || sha === "") return undefined;
  const branch = await git(processes, root, ["symbolic-ref", "--short", "-q", "HEAD"]);
  return { sha, branch: branch === undefined || branch === "" ? null : branch };
}

/** What changed since `start`, committed or not, untracked files apart. */
export async function gitDelta(processes: Processes, root: string, start: GitPoint): Promise<GitDelta | undefined> {
  const end = await gitPoint(processes, root);
  if (end === undefined) return undefined;
  const numstat = await git(processes, root, ["diff", "--numstat", start.sha]);
  const commits = await git(processes, root, ["rev-list", "--count", `${start.sha}..HEAD`]);
  const rows = numstat?.split("\n").filter((line) => line !== "").map((line) => line.split("\t"));
  const sum = (column: number) => rows?.reduce((total, row) => total + (Number(row[column]) || 0), 0) ?? null;
  return {
    sha: end.sha,
    loc_added: sum(0),
    loc_removed: sum(1),
    files_changed: rows?.length ?? null,
    commits: commits === undefined ? null : Number(commits),
  };
}

async function git(processes: Processes, root: string, args: readonly string[]): Promise<string | undefined> {
  try {
    const { code, stdout } = await processes.run(["git", "-C", root, ...args], { timeoutMs: GIT_TIMEOUT_MS });
    return code === 0 ? stdout.trim() : undefined;
  } catch {
    return undefined; // git is missing or hangs: the numbers stay unknown
  }
}
