/** The dispatch row: what a session was asked to do, used and changed, and its verdict. One row for each session. */

import { dirname, join, resolve } from "node:path";
import { messageOf } from "../../model/errors.ts";
import { type LaunchSpec, namedInMeta, PASSTHROUGH } from "../../model/launch.ts";
import type { ExitReason } from "../../model/session.ts";
import { usageFields } from "../../model/usage.ts";
import { localIso } from "../../model/time.ts";
import { VERSION } from "../../model/version.ts";
import type { Platform } from "../../platform/platform.ts";
import { appendRow } from "../../store/dispatch_log.ts";
import type { GitDelta, GitPoint } from "./git.ts";
import type { SessionState } from "../turn/session_state.ts";

export interface DispatchFacts {
  launch: LaunchSpec;
  state: SessionState;
  startedAt: number;
  start: GitPoint | undefined;
  agentVersion: string | null;
  /** absent while the session runs */
  ended?: {
    at: number;
    elapsedMs: number;
    delta: GitDelta | undefined;
    reason: ExitReason;
    tmuxSession: string | undefined;
  };
}

/** The dispatch summary, as other tools read it. */
export interface DispatchRow {
  meta: Readonly<Record<string, unknown>>;
  predicted: unknown;
  actual: Readonly<Record<string, unknown>>;
}

export function dispatchRow(facts: DispatchFacts, platform: Platform): DispatchRow {
  const { launch, state, start, ended } = facts;
  const end = ended?.delta;
  const meta = launch.meta ?? {};
  const named = namedInMeta(launch);
  const passed = Object.fromEntries(PASSTHROUGH.map((key) => [key, meta[key] ?? null]));
  const usage = usageFields(state.usage);
  return {
    meta: {
      id: launch.id,
      tmux_session: ended?.tmuxSession ?? null,
      description: launch.description ?? null,
      started_at: localIso(facts.startedAt),
      ended_at: ended === undefined ? null : localIso(ended.at),
      harness: "harnex",
      harness_version: VERSION,
      agent: launch.cli,
      agent_version: facts.agentVersion,
      agent_provider: null,
      agent_deployment: null,
      host: platform.system.hostname,
      platform: platform.system.os,
      ...passed,
      parent_dispatch_id: passed["parent_dispatch_id"] ?? launch.parentDispatchId ?? null,
      repo: launch.repoRoot,
      branch: start?.branch ?? null,
      start_sha: start?.sha ?? null,
      end_sha: end?.sha ?? null,
    },
    predicted: meta["predicted"] ?? {},
    actual: {
      model: state.facts["model"] ?? launch.model ?? named.model ?? null,
      effort: state.facts["effort"] ?? launch.effort ?? named.effort ?? null,
      duration_s: ended === undefined ? null : Math.round(ended.elapsedMs / 1000),
      input_tokens: usage.input_tokens,
      output_tokens: usage.output_tokens,
      reasoning_tokens: usage.reasoning_tokens,
      cached_tokens: usage.cached_tokens,
      cost_usd: null,
      loc_added: end?.loc_added ?? null,
      loc_removed: end?.loc_removed ?? null,
      files_changed: end?.files_changed ?? null,
      commits: end?.commits ?? null,
      exit: ended?.reason ?? null,
      stalls: state.stalls,
      force_resumes: state.resumes,
      disconnections: state.disconnects,
      compactions: state.compactions,
      tests_run: null,
      tests_passed: null,
      tests_failed: null,
    },
  };
}

/** Where the row goes: `--summary-out`, else `<repo>/koder/DISPATCH.jsonl` when that folder exists, else nowhere. */
export async function summaryPath(launch: LaunchSpec, platform: Platform): Promise<string | null> {
  if (launch.summaryOut !== undefined) return resolve(launch.repoRoot, launch.summaryOut);
  const path = join(launch.repoRoot, "koder", "DISPATCH.jsonl");
  return (await platform.files.stat(dirname(path)))?.kind === "directory" ? path : null;
}

/** Appends the row. Warns when that fails, and never throws. */
export async function writeSummary(
  path: string,
  row: DispatchRow,
  { platform, warn }: { platform: Platform; warn: (text: string) => void },
): Promise<void> {
  try {
    await appendRow(platform, path, { ...row });
  } catch (error) {
    warn(`cannot write the dispatch summary to ${path}: ${messageOf(error)}`);
  }
}
