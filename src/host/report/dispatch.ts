/**
 * One dispatch in the books: its line in the ledger at the start, its line there and in the dispatch summary at the
 * end. What cannot be written is warned about and changes nothing else.
 */

import { join } from "node:path";
import type { LaunchSpec } from "../../model/launch.ts";
import type { ExitReason, ProcessExit, RegistryRecord } from "../../model/session.ts";
import type { Platform } from "../../platform/platform.ts";
import { appendToLedger, type LedgerRow } from "../../store/ledger.ts";
import type { Paths, SessionName } from "../../store/paths.ts";
import { versionInTime } from "../agent_version.ts";
import { type GitAccount, type GitDelta, openGitAccount } from "./git.ts";
import { initialState, type SessionState } from "../turn/session_state.ts";
import { dispatchRow, summaryPath, writeSummary } from "./dispatch_row.ts";

/**
 * Kept from a disk that fills up while the agent runs, and given back for the account of its end: ledger line,
 * summary, exit record and last events, each below a few KiB unless --meta is large.
 */
const RESERVE_BYTES = 32 * 1024;

export interface Dispatch extends AsyncDisposable {
  /** since the start, whatever has become of the wall clock meanwhile */
  elapsedMs(): number;
  readonly git: GitAccount;
  /** where the dispatch summary is to go, as far as the start can know */
  readonly summary: string | null;
  /** Makes room for the account of the end. */
  giveBackReserve(): Promise<void>;
  /** Enters the session's start. */
  begin(record: RegistryRecord): Promise<void>;
  /** Enters the session's end; gives where the dispatch summary went. */
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
  /** what the agent says its version is; never rejects */
  agentVersion: Promise<string | null>;
  /** when the dispatch is exported */
  trace: Pick<LedgerRow, "traceparent" | "parent_span_id">;
  /** tells trouble on one topic once */
  warn: (topic: string, trouble: unknown) => void;
}

/** Looks at the repository as it is now. */
export async function openDispatch(deps: DispatchDeps): Promise<Dispatch> {
  const { platform, launch, paths, startedAt, warn } = deps;
  const { files, clock } = platform;
  const begunAt = clock.monotonic();
  const folder = paths.snapshot(deps.name);
  await files.removeTree(folder).catch(() => undefined); // of a host of this id that was killed while it started
  await files.makeDirectory(folder).catch(() => undefined); // what cannot be written later is told then
  const reserve = join(folder, "reserve");
  await files.replace(reserve, "-".repeat(RESERVE_BYTES)).catch(() => undefined);
  const git = await openGitAccount(platform, { root: launch.repoRoot, folder });
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
    giveBackReserve: async () => void await files.remove(reserve).catch(() => undefined),
    async begin(record) {
      const facts = { launch, state: initialState(startedAt), startedAt, start: git.start, agentVersion: null };
      const row = dispatchRow(facts, platform);
      await enter(record, { type: "dispatch_start", ...row });
    },
    async finish(record, { reason, exit, state, ...end }) {
      const agentVersion = await versionInTime(deps.agentVersion, { clock, askedAt: startedAt });
      const ended = { ...end, reason, tmuxSession: record.tmux_session };
      const row = dispatchRow({ launch, state, startedAt, start: git.start, agentVersion, ended }, platform);
      // The line in the ledger is what makes this the end: who finds us dead after it tells the same.
      await enter(record, { type: "dispatch_end", ...row }, exit);
      if (summary !== null) await writeSummary(summary, row, { platform, warn: (text) => warn("summary", text) });
      return summary;
    },
    async [Symbol.asyncDispose]() {
      await files.removeTree(folder).catch(() => undefined); // prune removes what stays
    },
  };
}
