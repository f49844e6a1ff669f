/**
 * Writes one dispatch down: a line in the ledger at the start, a line there and in the dispatch summary at the end.
 * harnex warns about a line that it cannot write, and goes on.
 */

import { join } from "node:path";
import type { LaunchSpec } from "../../model/launch.ts";
import type { ExitReason, ProcessExit, RegistryRecord } from "../../model/session.ts";
import type { Platform } from "../../platform/platform.ts";
import { appendToLedger, type LedgerRow } from "../../store/ledger.ts";
import type { Paths, SessionName } from "../../store/paths.ts";
import { versionInTime } from "../agent_version.ts";
import type { Warn } from "../notices.ts";
import { type GitBaseline, type GitDelta, openGitBaseline } from "./git.ts";
import { initialState, type SessionState } from "../turn/session_state.ts";
import { dispatchRow, summaryPath, writeSummary } from "./dispatch_row.ts";

/**
 * Reserved on the disk, which may fill up while the agent runs, and freed for what finalizes the session: ledger line,
 * summary, exit record and last events, each below a few KiB unless --meta is large.
 */
const RESERVE_BYTES = 32 * 1024;

export interface Dispatch extends AsyncDisposable {
  /** since the start, by the monotonic clock */
  elapsedMs(): number;
  readonly git: GitBaseline;
  /** where the dispatch summary will go; null for nowhere */
  readonly summary: string | null;
  /** Frees the disk space for what finalizes the session. */
  freeReserve(): Promise<void>;
  /** Writes the session's start. */
  begin(record: RegistryRecord): Promise<void>;
  /** Writes the session's end; gives the path of the dispatch summary. */
  finish(record: RegistryRecord, end: DispatchEnd): Promise<string | null>;
}

export interface DispatchEnd {
  at: number;
  elapsedMs: number;
  reason: ExitReason;
  exit: ProcessExit;
  state: SessionState;
  delta: GitDelta | undefined;
}

export interface DispatchDeps {
  platform: Platform;
  launch: LaunchSpec;
  paths: Paths;
  name: SessionName;
  startedAt: number;
  /** null where it is not known; never rejects */
  agentVersion: Promise<string | null>;
  /** the dispatch's span, when it is exported */
  trace: Pick<LedgerRow, "traceparent" | "parent_span_id">;
  warn: Warn;
}

/** Looks at the repository as it is now. */
export async function openDispatch(deps: DispatchDeps): Promise<Dispatch> {
  const { platform, launch, paths, startedAt, warn } = deps;
  const { files, clock } = platform;
  const begunAt = clock.monotonic();
  const folder = paths.snapshot(deps.name);
  await files.removeTree(folder).catch(() => undefined); // left by a host of this id that was killed while it started
  await files.makeDirectory(folder).catch(() => undefined); // a later write to it fails too, and is warned about
  const reserve = join(folder, "reserve");
  await files.replace(reserve, "-".repeat(RESERVE_BYTES)).catch(() => undefined);
  const git = await openGitBaseline(platform, { root: launch.repoRoot, folder });
  const summary = await summaryPath(launch, platform);

  async function enter(
    record: RegistryRecord,
    row: Pick<LedgerRow, "type" | "meta" | "predicted" | "actual">,
    exit?: ProcessExit,
  ): Promise<void> {
    const { session_id, repo_key, repo_root, id, cli, host_pid, host_start } = record;
    try {
      await appendToLedger({ files, clock, paths }, {
        ...{ type: row.type, repo_key, session_id, id, cli, repo_root, host_pid, host_start },
        summary_path: summary,
        exit_code: exit?.code ?? null,
        ...(exit?.signal === undefined ? {} : { signal: exit.signal }),
        ...deps.trace,
        ...row,
      });
    } catch (error) {
      warn("ledger", error);
    }
  }

  return {
    elapsedMs: () => clock.monotonic() - begunAt,
    git,
    summary,
    freeReserve: async () => void await files.remove(reserve).catch(() => undefined),
    async begin(record) {
      const facts = { launch, state: initialState(startedAt), startedAt, start: git.start, agentVersion: null };
      const row = dispatchRow(facts, platform);
      await enter(record, { type: "dispatch_start", ...row });
    },
    async finish(record, { reason, exit, state, ...end }) {
      const agentVersion = await versionInTime(deps.agentVersion, { clock, askedAt: startedAt });
      const ended = { ...end, reason, tmuxSession: record.tmux_session };
      const row = dispatchRow({ launch, state, startedAt, start: git.start, agentVersion, ended }, platform);
      // The line in the ledger decides the end: recovery, should this host die now, takes the end from it.
      await enter(record, { type: "dispatch_end", ...row }, exit);
      if (summary !== null) await writeSummary(summary, row, { platform, warn: (text) => warn("summary", text) });
      return summary;
    },
    async [Symbol.asyncDispose]() {
      await files.removeTree(folder).catch(() => undefined); // prune removes what stays
    },
  };
}
