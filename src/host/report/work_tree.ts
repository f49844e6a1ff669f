/**
 * Takes snapshots of a git work tree as it is, uncommitted and untracked files included, and compares them. It has an
 * index and objects of its own: it reads the user's index, refs and object store, and never writes them.
 */

import { join, resolve } from "node:path";
import type { Files } from "../../platform/platform.ts";
import type { Git } from "./run_git.ts";

export interface WorkTree {
  /** Gives the id of a tree with all files that git does not ignore; undefined when that failed. */
  snapshot(git: Git): Promise<string | undefined>;
  compare(git: Git, trees: { from: string; to: string }): Promise<Changes | undefined>;
}

export interface Changes {
  added: number;
  removed: number;
  files: number;
}

/** `add` must not write shared files, nor warn about line ends. */
const ADD = ["core.splitIndex=false", "core.safecrlf=false"];
/** `add --ignore-errors` left out what it could not read, such as a repository without a commit inside this one. */
const SOME_UNREADABLE = 1;
/** Line counts of the files themselves; the files of a submodule are counted in the submodule. */
const NUMSTAT = ["diff-tree", "-r", "-M", "--numstat", "--no-ext-diff", "--no-textconv", "--ignore-submodules=all"];

/** `folder` is private and new; the caller may remove it after the last comparison. */
export function openWorkTree(files: Files, root: string, folder: string): WorkTree {
  let taken = 0;
  const objects = join(folder, "objects");

  /** Objects that a snapshot adds go into the folder; git finds all others in the repository's own store. */
  async function storeOf(git: Git): Promise<{ env: Record<string, string>; index: string } | undefined> {
    const found = await git.run(root, ["rev-parse", "--git-path", "index", "--git-path", "objects"]);
    const [index, shared] = found?.split("\n") ?? [];
    if (index === undefined || shared === undefined) return undefined;
    const alternate = `"${resolve(root, shared).replaceAll(/["\\]/g, "\\$&")}"`;
    return {
      index: resolve(root, index),
      env: { GIT_OBJECT_DIRECTORY: objects, GIT_ALTERNATE_OBJECT_DIRECTORIES: alternate },
    };
  }

  return {
    async snapshot(git) {
      const store = await storeOf(git);
      if (store === undefined) return undefined;
      await files.makeDirectory(objects);
      const index = join(folder, `index-${++taken}`);
      // With a copy of the index git need not read unchanged files. The copy keeps its time, by which git knows which
      // files may have changed since.
      if ((await files.stat(store.index)) !== undefined) await git.copy(store.index, index);
      const env = { ...store.env, GIT_INDEX_FILE: index };
      const settings = ADD.flatMap((setting) => ["-c", setting]);
      const added = await git.run(root, [...settings, "add", "--all", "--ignore-errors"], {
        env,
        tolerate: [SOME_UNREADABLE],
      });
      return added === undefined ? undefined : await git.run(root, ["write-tree"], { env });
    },
    async compare(git, { from, to }) {
      const store = await storeOf(git);
      const rows = store && await git.run(root, [...NUMSTAT, from, to], { env: store.env });
      if (rows === undefined) return undefined;
      const changes: Changes = { added: 0, removed: 0, files: 0 };
      for (const row of rows.split("\n")) {
        if (row === "") continue;
        const [added, removed] = row.split("\t");
        changes.added += Number(added) || 0; // "-" for a binary file
        changes.removed += Number(removed) || 0;
        changes.files += 1;
      }
      return changes;
    },
  };
}
