/**
 * Runs git within a time budget, and without the variables of the caller's environment that point at repositories.
 * After any failure the result is "not known".
 */

import { environmentWithout } from "../../model/setting.ts";
import type { Platform } from "../../platform/platform.ts";

/** Variables that point git at another repository than the directory's; git sets them for its hooks. */
const LOCAL_VARIABLES = [
  "GIT_ALTERNATE_OBJECT_DIRECTORIES",
  "GIT_CEILING_DIRECTORIES",
  "GIT_COMMON_DIR",
  "GIT_DIR",
  "GIT_GRAFT_FILE",
  "GIT_IMPLICIT_WORK_TREE",
  "GIT_INDEX_FILE",
  "GIT_INTERNAL_SUPER_PREFIX",
  "GIT_NAMESPACE",
  "GIT_NO_REPLACE_OBJECTS",
  "GIT_OBJECT_DIRECTORY",
  "GIT_PREFIX",
  "GIT_REPLACE_REF_BASE",
  "GIT_SHALLOW_FILE",
  "GIT_WORK_TREE",
];
/** git takes no locks that others would wait for, asks nothing, and downloads nothing that a partial clone lacks. */
const QUIET = { GIT_OPTIONAL_LOCKS: "0", GIT_TERMINAL_PROMPT: "0", GIT_NO_LAZY_FETCH: "1" };
/** A repository's own settings must not make harnex run the programs that they name. */
const NO_PROGRAMS = ["-c", "core.fsmonitor=false", "-c", "core.hooksPath=/dev/null"];

export interface Git {
  /** Gives what git printed, trimmed; undefined when git failed, is missing or ran out of time. */
  run(root: string, args: readonly string[], options?: GitOptions): Promise<string | undefined>;
  /** Copies a file with its times. */
  copy(from: string, to: string): Promise<void>;
}

export interface GitOptions {
  env?: Readonly<Record<string, string>>;
  /** exit codes that count as success, besides 0 */
  tolerate?: readonly number[];
}

/** All calls together may take `budgetMs`. */
export function createGit({ clock, env, processes }: Platform, budgetMs: number): Git {
  const deadline = clock.monotonic() + budgetMs;
  const base = { ...environmentWithout(LOCAL_VARIABLES, env), ...QUIET };

  async function run(argv: readonly string[], { env = {}, tolerate = [] }: GitOptions): Promise<string | undefined> {
    const timeoutMs = deadline - clock.monotonic();
    if (timeoutMs <= 0) return undefined;
    try {
      const { code, stdout } = await processes.run(argv, { env: { ...base, ...env }, clearEnv: true, timeoutMs });
      return code === 0 || tolerate.includes(code) ? stdout.trim() : undefined;
    } catch {
      return undefined; // git is missing or hangs
    }
  }

  return {
    run: (root, args, options = {}) => run(["git", "-C", root, ...NO_PROGRAMS, ...args], options),
    copy: async (from, to) => void await run(["cp", "-p", from, to], {}),
  };
}
