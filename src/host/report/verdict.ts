/**
 * Judges the work of an ended session: by what happened to its turns, not by how the agent left.
 */

import { TIMEOUT_EXIT } from "../../model/errors.ts";
import type { ExitReason, ProcessExit } from "../../model/session.ts";
import type { SessionState } from "../turn/session_state.ts";

export interface Ending {
  exit: ProcessExit;
  /** the state just before the agent exited */
  state: SessionState;
  /** whether a stop was requested, and whether a turn was running then */
  stop: "not_asked" | "asked_when_idle" | "asked_in_turn";
  ranOutOfTime: boolean;
  /** how many turns began */
  turns: number;
}

export function judge(ending: Ending, boot: "booted" | "boot failed"): ExitReason {
  const { exit, state, stop } = ending;
  if (ending.ranOutOfTime || exit.code === TIMEOUT_EXIT) return "timeout";
  if (stop === "asked_in_turn") return "stopped";
  if (stop === "not_asked") {
    if (boot === "boot failed") return "boot_failure";
    if (state.turn !== undefined) return "disconnected";
    if (exit.code !== 0) return "failure";
  }
  return state.lastOutcome === undefined || state.lastOutcome === "completed" ? "success" : "failure";
}
