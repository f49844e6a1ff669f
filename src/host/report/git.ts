/**
 * Measures what a session did to its repository: commits and changed lines, against the work tree as it was at the
 * start, uncommitted and untracked files included. After any failure the result is "not known".
 */

import { join } from "node:path";
import type { Files, Platform } from "../../platform/platform.ts";
import { createGit, type Git } from "./run_git.ts";
import { type Changes, openWorkTree, type WorkTree } from "./work_tree.ts";

/** The agent waits for the first snapshot, so its limit is short; the last one may take as long as a large change. */
const START_BUDGET_MS = 2_000;
const END_BUDGET_MS = 10_000;
/** Submodules that are measured; of a repository with more, the changes are not known. */
const SUBMODULE_LIMIT = 32;

export interface GitPoint {
  /** null before the first commit */
  sha: string | null;
  /** null when the head is detached */
  branch: string | null;
}

export interface GitDelta {
  sha: string | null;
  loc_added: number | null;
  loc_removed: number | null;
  files_changed: number | null;
  commits: number | null;
}

/** The repository as it was at the start. */
export interface GitBaseline {
  /** undefined outside a repository */
  readonly start: GitPoint | undefined;
  /** Measures what changed since the start; undefined outside a repository. */
  measure(): Promise<GitDelta | undefined>;
}

/** One measured repository: the session's own, or a submodule of it. */
interface Part {
  root: string;
  tree: WorkTree;
  sha: string | null;
  /** undefined when it could not be taken */
  snapshot: string | undefined;
}

/** `folder` holds what the snapshots need until the end; the caller removes it. */
export async function openGitBaseline(
  platform: Platform,
  { root, folder }: { root: string; folder: string },
): Promise<GitBaseline> {
  const { files } = platform;
  const git = createGit(platform, START_BUDGET_MS);
  const start = await gitPoint(git, root);
  const parts: Part[] = [];
  if (start !== undefined) {
    const roots = await listRoots(files, git, root).catch(() => undefined);
    for (const [index, at] of (roots ?? []).entries()) {
      const tree = openWorkTree(files, at, join(folder, String(index)));
      const sha = at === root ? start.sha : (await gitPoint(git, at))?.sha ?? null;
      // A state directory that cannot be written costs the line counts, not the session.
      parts.push({ root: at, tree, sha, snapshot: await tree.snapshot(git).catch(() => undefined) });
    }
  }
  return {
    start,
    async measure() {
      if (start === undefined) return undefined;
      const later = createGit(platform, END_BUDGET_MS);
      const end = await gitPoint(later, root);
      if (end === undefined) return undefined;
      const changes = await allKnown(parts.map((part) => changesOf(later, part)));
      const commits = await allKnown(parts.map((part) => commitsOf(later, part)));
      return {
        sha: end.sha,
        loc_added: sum(changes?.map(({ added }) => added)),
        loc_removed: sum(changes?.map(({ removed }) => removed)),
        files_changed: sum(changes?.map((change) => change.files)),
        commits: sum(commits),
      };
    },
  };
}

/** Undefined outside a repository. */
async function gitPoint(git: Git, root: string): Promise<GitPoint | undefined> {
  const [inside, sha, branch] = await Promise.all([
    git.run(root, ["rev-parse", "--is-inside-work-tree"]),
    git.run(root, ["rev-parse", "--verify", "-q", "HEAD"]),
    git.run(root, ["symbolic-ref", "--short", "-q", "HEAD"]),
  ]);
  if (inside !== "true") return undefined;
  return { sha: sha || null, branch: branch || null };
}

/** The repository and its checked-out submodules, with the submodules of those. */
async function listRoots(files: Files, git: Git, root: string): Promise<string[]> {
  const roots = [root];
  for (const at of roots) {
    if ((await files.stat(join(at, ".gitmodules")))?.kind !== "file") continue;
    const rows = await git.run(at, ["config", "--file", ".gitmodules", "-z", "--get-regexp", "\\.path$"]);
    for (const row of rows?.split("\0") ?? []) {
      const path = row.slice(row.indexOf("\n") + 1);
      if (path === "" || path.startsWith("/") || path.split("/").includes("..")) continue;
      if ((await files.stat(join(at, path, ".git"))) !== undefined) roots.push(join(at, path));
    }
    if (roots.length > SUBMODULE_LIMIT) return [];
  }
  return roots;
}

async function changesOf(git: Git, { tree, snapshot }: Part): Promise<Changes | undefined> {
  if (snapshot === undefined) return undefined;
  const now = await tree.snapshot(git).catch(() => undefined);
  return now === undefined ? undefined : await tree.compare(git, { from: snapshot, to: now });
}

async function commitsOf(git: Git, { root, sha }: Part): Promise<number | undefined> {
  const point = await gitPoint(git, root);
  if (point === undefined) return undefined;
  if (point.sha === null) return 0;
  const count = await git.run(root, ["rev-list", "--count", sha === null ? "HEAD" : `${sha}..HEAD`]);
  return count === undefined ? undefined : Number(count);
}

/** All answers; undefined when there are none, or one is not known. */
async function allKnown<T>(answers: readonly Promise<T | undefined>[]): Promise<T[] | undefined> {
  const known = (await Promise.all(answers)).filter((answer) => answer !== undefined);
  return known.length === 0 || known.length < answers.length ? undefined : known;
}

function sum(numbers: readonly number[] | undefined): number | null {
  return numbers?.reduce((total, next) => total + next, 0) ?? null;
}
