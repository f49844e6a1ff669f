/** Runs the command of `--on-done` when a dispatch is over and finalized. harnex does not wait for it. */

import type { ExitReason } from "../model/session.ts";
import type { Processes } from "../platform/platform.ts";

export interface OnDone {
  /** without one nothing is run */
  command: string | undefined;
  /** of the dispatch */
  id: string;
  cwd: string;
  env: Readonly<Record<string, string>>;
}

/** What the command gets in its environment. */
export interface Outcome {
  reason: ExitReason;
  /** null where it is not known */
  code: number | null;
  endSha: string | null;
  elapsedMs: number;
}

export interface OnDoneDeps {
  processes: Pick<Processes, "spawnDetached">;
  /** the log of the session's host, which gets the command's output */
  log: string;
  /** called when the command cannot be started */
  onFailure: (trouble: unknown) => void;
}

/** Never throws. */
export function startOnDone({ command, id, cwd, env }: OnDone, outcome: Outcome, deps: OnDoneDeps): void {
  if (command === undefined) return;
  try {
    const process = deps.processes.spawnDetached(["/bin/sh", "-c", command], {
      cwd,
      env: {
        ...env,
        HARNEX_ID: id,
        HARNEX_OUTCOME: outcome.reason,
        HARNEX_EXIT_CODE: String(outcome.code ?? ""),
        HARNEX_END_SHA: outcome.endSha ?? "",
        HARNEX_ELAPSED_S: String(Math.round(outcome.elapsedMs / 1000)),
      },
      log: deps.log,
    });
    process.release();
  } catch (error) {
    deps.onFailure(error);
  }
}
