/** A git repository for a test, with a user of its own and no configuration from outside. */

import { join } from "node:path";
import { equal } from "./assert.ts";

export interface GitRepo {
  readonly path: string;
  /** What git printed, trimmed. */
  git(...args: string[]): string;
  write(name: string, text: string): void;
  /** Commits everything. */
  commit(message: string): string;
}

export const GIT_ENV: Readonly<Record<string, string>> = {
  GIT_CONFIG_GLOBAL: "/dev/null",
  GIT_CONFIG_NOSYSTEM: "1",
  GIT_AUTHOR_NAME: "test",
  GIT_AUTHOR_EMAIL: "test@example.invalid",
  GIT_COMMITTER_NAME: "test",
  GIT_COMMITTER_EMAIL: "test@example.invalid",
};

/** Makes the folder a repository. */
export function createRepo(path: string): GitRepo {
  Deno.mkdirSync(path, { recursive: true });
  const repo = openRepo(path);
  repo.git("init", "--quiet", "--initial-branch", "main");
  return repo;
}

export function openRepo(path: string): GitRepo {
  function git(...args: string[]): string {
    const { code, stdout, stderr } = new Deno.Command("git", {
      args: ["-c", "protocol.file.allow=always", ...args],
      cwd: path,
      env: GIT_ENV,
    }).outputSync();
    const decoder = new TextDecoder();
    equal(code, 0, `git ${args.join(" ")}: ${decoder.decode(stderr)}`);
    return decoder.decode(stdout).trim();
  }
  return {
    path,
    git,
    write: (name, text) => Deno.writeTextFileSync(join(path, name), text),
    commit(message) {
      git("add", "--all");
      git("commit", "--quiet", "--message", message);
      return git("rev-parse", "HEAD");
    },
  };
}
