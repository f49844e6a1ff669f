/**
 * The root of a repository is what git says it is; git itself is asked only where that is not plain to see.
 */

import { repoRootOf } from "../../src/client/repo.ts";
import { denoPlatform } from "../../src/platform/deno_platform.ts";
import type { Platform } from "../../src/platform/platform.ts";
import { deepEqual, rejects } from "../support/assert.ts";
import { createRepo, GIT_ENV, type GitRepo } from "../support/git_repo.ts";
import { withTempDir } from "../support/temp.ts";

/** The real world without the caller's git settings; counts what it runs. */
function worldWith(env: Readonly<Record<string, string>> = {}): { platform: Platform; ran: () => number } {
  const real = denoPlatform();
  let count = 0;
  const platform: Platform = {
    ...real,
    env: { PATH: real.env["PATH"], ...env },
    processes: {
      ...real.processes,
      run: (argv, options) => {
        count++;
        return real.processes.run(argv, { ...options, env: { ...GIT_ENV, ...env } });
      },
    },
  };
  return { platform, ran: () => count };
}

/** What git says of a directory, or the directory itself. */
async function askGit(path: string, env: Readonly<Record<string, string>> = {}): Promise<string> {
  const { success, stdout } = await new Deno.Command("git", {
    args: ["-C", path, "rev-parse", "--show-toplevel"],
    env: { ...GIT_ENV, ...env },
    stderr: "null",
  }).output();
  return success ? new TextDecoder().decode(stdout).replace(/\n$/, "") : path;
}

interface Case {
  name: string;
  /** the directory to ask about, below `root` */
  lay: (repo: GitRepo, root: string) => string;
  asks: "nobody" | "git";
  env?: Readonly<Record<string, string>>;
}

const CASES: readonly Case[] = [
  { name: "the top of a repository", lay: ({ path }) => path, asks: "nobody" },
  { name: "a folder below", lay: ({ path }) => makeFolder(`${path}/a/b`), asks: "nobody" },
  { name: "no repository", lay: (_, root) => makeFolder(`${root}/plain/a`), asks: "nobody" },
  { name: "a linked work tree", lay: (repo, root) => linked(repo, `${root}/tree`), asks: "nobody" },
  {
    name: "a symlink into a repository",
    lay: ({ path }, root) => {
      Deno.symlinkSync(makeFolder(`${path}/a`), `${root}/link`);
      return `${root}/link`;
    },
    asks: "nobody",
  },
  { name: "git's own folder", lay: ({ path }) => `${path}/.git/hooks`, asks: "git" },
  {
    name: "a bare repository",
    lay: (repo, root) => {
      repo.git("init", "--quiet", "--bare", `${root}/bare`);
      return `${root}/bare/refs`;
    },
    asks: "git",
  },
  {
    name: "a submodule",
    lay: (repo, root) => {
      const outer = createRepo(`${root}/outer`);
      outer.git("submodule", "--quiet", "add", repo.path, "inner");
      return `${outer.path}/inner`;
    },
    asks: "git",
  },
  {
    name: "a work tree elsewhere",
    lay: (repo, root) => {
      repo.git("config", "core.worktree", makeFolder(`${root}/elsewhere`));
      return repo.path;
    },
    asks: "git",
  },
  {
    name: "a folder with an empty .git in a repository",
    lay: ({ path }) => {
      makeFolder(`${path}/empty/.git`);
      return `${path}/empty`;
    },
    asks: "nobody",
  },
  {
    name: "a folder with a broken .git in a repository",
    lay: ({ path }) => {
      makeFolder(`${path}/broken/.git`);
      Deno.writeTextFileSync(`${path}/broken/.git/HEAD`, "nonsense");
      return `${path}/broken`;
    },
    asks: "git",
  },
  {
    name: "GIT_CEILING_DIRECTORIES",
    lay: ({ path }) => makeFolder(`${path}/a/b`),
    asks: "git",
    env: { GIT_CEILING_DIRECTORIES: "/" },
  },
];

function makeFolder(path: string): string {
  Deno.mkdirSync(path, { recursive: true });
  return path;
}

function linked(repo: GitRepo, path: string): string {
  repo.git("worktree", "add", "--quiet", path);
  return path;
}

for (const { name, lay, asks, env } of CASES) {
  Deno.test(`repoRootOf() says what git says: ${name}`, async () => {
    await withTempDir(async (folder) => {
      const root = Deno.realPathSync(folder);
      const repo = createRepo(`${root}/repo`);
      repo.write("file", "text");
      repo.commit("first");
      const path = lay(repo, root);
      const { platform, ran } = worldWith(env);
      deepEqual([await repoRootOf(platform, path), ran()], [await askGit(path, env), asks === "git" ? 1 : 0]);
    });
  });
}

Deno.test("repoRootOf() refuses a directory that is not there", async () => {
  await rejects(repoRootOf(worldWith().platform, "/nonexistent/folder"), /^not_found|no such directory/);
});
