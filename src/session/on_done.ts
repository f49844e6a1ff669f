/**
 * Runs the command of `--on-done` when a dispatch is over and accounted for. Nobody waits for it.
 */

import type { LaunchSpec } from "../model/launch.ts";
import type { ExitReason } from "../model/session.ts";
import type { Processes } from "../platform/platform.ts";

/** What the command is told, in its environment. */
export interface Outcome {
  reason: ExitReason;
  code: number;
  endSha: string | null;
  elapsedMs: number;
}

/** Its output goes to the log of the session's host. Throws when it cannot be started. */
export function startOnDone(
  launch: LaunchSpec,
  outcome: Outcome,
  { processes, log }: { processes: Processes; log: string },
): void {
  if (launch.onDone === undefined) return;
  const command = processes.spawnDetached(["/bin/sh", "-c", launch.onDone], {
    cwd: launch.cwd,
    env: {
      ...launch.env,
      HARNEX_ID: launch.id,
      HARNEX_OUTCOME: outcome.reason,
      HARNEX_EXIT_CODE: String(outcome.code),
      HARNEX_END_SHA: outcome.endSha ?? "",
      HARNEX_ELAPSED_S: String(Math.round(outcome.elapsedMs / 1000)),
    },
    log,
  });
  command.release();
}
