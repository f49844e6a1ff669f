/**
 * Runs the command of `--on-done` when a dispatch is over and accounted for. Nobody waits for it.
 */

import type { ExitReason } from "../model/session.ts";
import type { Processes } from "../platform/platform.ts";

export interface OnDone {
  command: string;
  /** of the dispatch */
  id: string;
  cwd: string;
  env: Readonly<Record<string, string>>;
}

/** What the command is told, in its environment. */
export interface Outcome {
  reason: ExitReason;
  /** null when nobody knows */
  code: number | null;
  endSha: string | null;
  elapsedMs: number;
}

/** Its output goes to the log of the session's host. Throws when it cannot be started. */
export function startOnDone(
  { command, id, cwd, env }: OnDone,
  outcome: Outcome,
  { processes, log }: { processes: Processes; log: string },
): void {
  const process = processes.spawnDetached(["/bin/sh", "-c", command], {
    cwd,
    env: {
      ...env,
      HARNEX_ID: id,
      HARNEX_OUTCOME: outcome.reason,
      HARNEX_EXIT_CODE: String(outcome.code ?? ""),
      HARNEX_END_SHA: outcome.endSha ?? "",
      HARNEX_ELAPSED_S: String(Math.round(outcome.elapsedMs / 1000)),
    },
    log,
  });
  process.release();
}
