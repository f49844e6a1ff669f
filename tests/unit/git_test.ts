/**
 * Measures what a session changed, and not what was changed before it, in repositories of every shape; the repository
 * itself stays untouched.
 */

import { join } from "node:path";
import { denoPlatform } from "../../src/platform/deno_platform.ts";
import type { Platform } from "../../src/platform/platform.ts";
import { type GitDelta, type GitPoint, openGitBaseline } from "../../src/host/report/git.ts";
import { deepEqual, equal } from "../support/assert.ts";
import { createRepo, GIT_ENV, type GitRepo, openRepo } from "../support/git_repo.ts";
import { tempDir } from "../support/temp.ts";

interface Case {
  name: string;
  /** prepares the repository; gives where the session runs when that is elsewhere */
  before: (repo: GitRepo) => GitRepo | void;
  /** what the agent does there */
  agent: (repo: GitRepo) => void;
  start: (repo: GitRepo) => GitPoint;
  delta: Omit<GitDelta, "sha">;
}

const onMain = (repo: GitRepo): GitPoint => ({ sha: repo.git("rev-parse", "HEAD"), branch: "main" });
const twoLines = (repo: GitRepo) => {
  repo.write("file", "one\ntwo\n");
  repo.commit("first");
};

const CASES: Case[] = [
  {
    name: "a clean start: a changed, a new and a removed file, none committed",
    before: (repo) => {
      repo.write("gone", "1\n2\n3\n");
      twoLines(repo);
    },
    agent: (repo) => {
      repo.write("file", "one\nTWO\n");
      repo.write("new", "a\nb\n");
      Deno.removeSync(join(repo.path, "gone"));
    },
    start: onMain,
    delta: { loc_added: 3, loc_removed: 4, files_changed: 3, commits: 0 },
  },
  {
    name: "a dirty start: staged, unstaged and untracked changes of before do not count",
    before: (repo) => {
      twoLines(repo);
      repo.write("staged", "s\n");
      repo.git("add", "staged");
      repo.write("file", "one\ntwo\nmine\n");
      repo.write("untracked", "u\nv\n");
    },
    agent: (repo) => {
      repo.write("file", "one\ntwo\nmine\nits\n");
      repo.write("untracked", "u\n");
    },
    start: onMain,
    delta: { loc_added: 1, loc_removed: 1, files_changed: 2, commits: 0 },
  },
  {
    name: "a dirty start that the agent commits: a commit, and no lines of its own",
    before: (repo) => {
      twoLines(repo);
      repo.write("file", "one\ntwo\nmine\n");
      repo.write("untracked", "u\n");
    },
    agent: (repo) => void repo.commit("what was there"),
    start: onMain,
    delta: { loc_added: 0, loc_removed: 0, files_changed: 0, commits: 1 },
  },
  {
    name: "a dirty start that the agent throws away",
    before: (repo) => {
      twoLines(repo);
      repo.write("file", "one\ntwo\nmine\n");
    },
    agent: (repo) => void repo.git("checkout", "--quiet", "--", "file"),
    start: onMain,
    delta: { loc_added: 0, loc_removed: 1, files_changed: 1, commits: 0 },
  },
  {
    name: "a change of the same size within the same moment as the last git add",
    before: (repo) => {
      twoLines(repo);
      repo.write("file", "one\ntwO\n");
    },
    agent: (repo) => repo.write("file", "oNe\ntwO\n"),
    start: onMain,
    delta: { loc_added: 1, loc_removed: 1, files_changed: 1, commits: 0 },
  },
  {
    name: "two commits plus leftovers",
    before: twoLines,
    agent: (repo) => {
      repo.write("file", "one\ntwo\nthree\n");
      repo.commit("second");
      repo.write("other", "x\n");
      repo.commit("third");
      repo.write("other", "x\ny\n");
      repo.write("left", "over\n");
    },
    start: onMain,
    delta: { loc_added: 4, loc_removed: 0, files_changed: 3, commits: 2 },
  },
  {
    name: "no commit yet, and none afterwards",
    before: (repo) => repo.write("draft", "a\n"),
    agent: (repo) => repo.write("draft", "a\nb\n"),
    start: () => ({ sha: null, branch: "main" }),
    delta: { loc_added: 1, loc_removed: 0, files_changed: 1, commits: 0 },
  },
  {
    name: "no commit yet, and the first one made",
    before: (repo) => repo.write("draft", "a\n"),
    agent: (repo) => {
      repo.write("second", "b\n");
      repo.commit("first");
    },
    start: () => ({ sha: null, branch: "main" }),
    delta: { loc_added: 1, loc_removed: 0, files_changed: 1, commits: 1 },
  },
  {
    name: "a detached head",
    before: (repo) => {
      twoLines(repo);
      repo.git("checkout", "--quiet", "--detach");
    },
    agent: (repo) => {
      repo.write("file", "one\n");
      repo.commit("second");
    },
    start: (repo) => ({ sha: repo.git("rev-parse", "HEAD"), branch: null }),
    delta: { loc_added: 0, loc_removed: 1, files_changed: 1, commits: 1 },
  },
  {
    name: "a worktree: its own changes only",
    before: (repo) => {
      twoLines(repo);
      repo.git("worktree", "add", "--quiet", "-b", "side", "../tree");
      repo.write("file", "dirty in the main one\n");
      return openRepo(join(repo.path, "../tree"));
    },
    agent: (repo) => {
      repo.write("side", "1\n2\n");
      repo.commit("on the side");
    },
    start: (repo) => ({ sha: repo.git("rev-parse", "HEAD"), branch: "side" }),
    delta: { loc_added: 2, loc_removed: 0, files_changed: 1, commits: 1 },
  },
  {
    name: "a submodule: what was changed in it, committed and not",
    before: (repo) => {
      twoLines(createRepo(join(repo.path, "../library")));
      twoLines(repo);
      repo.git("submodule", "--quiet", "add", "../library", "sub dir/library");
      repo.commit("with a submodule");
      openRepo(join(repo.path, "sub dir/library")).write("dirty", "before\n");
    },
    agent: (repo) => {
      const library = openRepo(join(repo.path, "sub dir/library"));
      library.write("file", "one\ntwo\nthree\n");
      library.git("commit", "--quiet", "--message", "in the submodule", "file");
      library.write("dirty", "before\nafter\n");
      repo.write("file", "one\ntwo\nfour\n");
    },
    start: onMain,
    delta: { loc_added: 3, loc_removed: 0, files_changed: 3, commits: 1 },
  },
  {
    name: "inside a submodule",
    before: (repo) => {
      twoLines(createRepo(join(repo.path, "../library")));
      repo.git("submodule", "--quiet", "add", "../library", "library");
      repo.commit("with a submodule");
      return openRepo(join(repo.path, "library"));
    },
    agent: (repo) => repo.write("file", "two\n"),
    start: onMain,
    delta: { loc_added: 0, loc_removed: 1, files_changed: 1, commits: 0 },
  },
  {
    name: "ignored and binary files, and a repository without a commit inside this one",
    before: (repo) => {
      repo.write(".gitignore", "*.log\n");
      twoLines(repo);
    },
    agent: (repo) => {
      repo.write("noise.log", "1\n2\n");
      Deno.writeFileSync(join(repo.path, "picture"), new Uint8Array([0, 1, 2, 0]));
      createRepo(join(repo.path, "inner")).write("file", "x\n");
      repo.write("file", "one\ntwo\nthree\n");
    },
    start: onMain,
    delta: { loc_added: 1, loc_removed: 0, files_changed: 2, commits: 0 },
  },
];

/** The real world but for its clock, so that a busy machine does not use up the time that git is given in all. */
function patientPlatform(env: Readonly<Record<string, string>> = {}): Platform {
  const real = denoPlatform();
  return { ...real, clock: { ...real.clock, monotonic: () => 0 }, env: { ...real.env, ...GIT_ENV, ...env } };
}

for (const { name, before, agent, start, delta } of CASES) {
  Deno.test(`openGitBaseline() measures what changed: ${name}`, async () => {
    using dir = tempDir();
    const outer = createRepo(dir.join("repo"));
    const repo = before(outer) ?? outer;
    const platform = patientPlatform();
    const expected = start(repo);
    const untouched = footprint(repo);
    const baseline = await openGitBaseline(platform, { root: repo.path, folder: dir.join("snapshots/1") });
    deepEqual(baseline.start, expected);
    deepEqual(footprint(repo), untouched);
    agent(repo);
    const left = footprint(repo);
    const end = await baseline.measure();
    deepEqual(footprint(repo), left);
    const sha = left.head === "" ? null : left.head;
    deepEqual(end, { sha, ...delta });
  });
}

Deno.test("openGitBaseline() knows nothing outside a repository", async () => {
  using dir = tempDir();
  const platform = patientPlatform();
  Deno.mkdirSync(dir.join("plain"));
  createRepo(dir.join("repo")).write("file", "x\n");
  for (const root of [dir.join("plain"), dir.join("repo"), dir.join("absent")]) {
    const baseline = await openGitBaseline(platform, { root, folder: dir.join("snapshots/1") });
    equal(baseline.start === undefined, !root.endsWith("repo"));
    equal((await baseline.measure()) === undefined, !root.endsWith("repo"));
  }
});

Deno.test("openGitBaseline() is not misled by a caller's GIT_DIR and GIT_INDEX_FILE", async () => {
  using dir = tempDir();
  const repo = createRepo(dir.join("repo"));
  twoLines(repo);
  const misleading = { GIT_DIR: "/nowhere", GIT_INDEX_FILE: dir.join("index"), GIT_WORK_TREE: "/" };
  const platform = patientPlatform(misleading);
  const baseline = await openGitBaseline(platform, { root: repo.path, folder: dir.join("snapshots/1") });
  repo.write("file", "one\n");
  const sha = repo.git("rev-parse", "HEAD");
  deepEqual(await baseline.measure(), { sha, loc_added: 0, loc_removed: 1, files_changed: 1, commits: 0 });
});

Deno.test("openGitBaseline() gives up line counts, not commits, when snapshots cannot be written", async () => {
  using dir = tempDir();
  const repo = createRepo(dir.join("repo"));
  twoLines(repo);
  Deno.writeTextFileSync(dir.join("snapshots"), "in the way");
  const platform = patientPlatform();
  const baseline = await openGitBaseline(platform, { root: repo.path, folder: dir.join("snapshots/1") });
  repo.write("file", "one\n");
  const sha = repo.commit("second");
  deepEqual(await baseline.measure(), { sha, loc_added: null, loc_removed: null, files_changed: null, commits: 1 });
});

/** What must not change by looking: head, refs, index, objects. */
function footprint(repo: GitRepo) {
  const folder = repo.git("rev-parse", "--absolute-git-dir");
  return {
    head: repo.git("for-each-ref") === "" ? "" : repo.git("rev-parse", "HEAD"),
    refs: repo.git("for-each-ref"),
    index: readIfThere(join(folder, "index")),
    objects: repo.git("count-objects", "-v"),
  };
}

function readIfThere(path: string): string {
  try {
    return Deno.readFileSync(path).toBase64();
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return "";
    throw error;
  }
}
