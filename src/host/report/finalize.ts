/**
 * Finalizes an ended session: usage, git, dispatch summary, exit record and the `exited` event, in that order. Each is
 * written before the next, so that a host that dies in between leaves a true beginning of it.
 */

import type { Adapter } from "../../adapters/adapter.ts";
import { messageOf, TIMEOUT_EXIT } from "../../model/errors.ts";
import type { LaunchSpec } from "../../model/launch.ts";
import type { ExitReason, ProcessExit, RegistryRecord } from "../../model/session.ts";
import { type Usage, usageFields } from "../../model/usage.ts";
import { localIso } from "../../model/time.ts";
import type { Platform } from "../../platform/platform.ts";
import type { EventLog } from "../../store/event_log.ts";
import type { SessionName } from "../../store/paths.ts";
import type { Registry } from "../../store/registry.ts";
import { findTail, type Transcript } from "../../store/transcript.ts";
import type { Warn } from "../notices.ts";
import type { SessionState } from "../turn/session_state.ts";
import type { Dispatch } from "./dispatch.ts";
import type { GitDelta } from "./git.ts";
import { type Ending, judge } from "./verdict.ts";

/** What is read of the transcript's end for usage and resume hints. */
const USAGE_LINES = 60;
const USAGE_BYTES = 4 << 20;
/** An agent's own log of a long day; of a longer one, only this much is counted. */
const LOG_LIMIT = 256 << 20;

export interface FinalizeFacts {
  platform: Platform;
  launch: LaunchSpec;
  adapter: Adapter;
  registry: Registry;
  name: SessionName;
  record: RegistryRecord;
  events: EventLog;
  transcript: Transcript;
  dispatch: Dispatch;
  ending: Ending;
  /** see `AgentProcess.bootMs` */
  bootMs: number | undefined;
  warn: Warn;
}

/** The session's exit code and verdict, and the facts that `--on-done` gets. */
export interface SessionEnd {
  code: number;
  reason: ExitReason;
  endSha: string | null;
  elapsedMs: number;
}

/** Never throws: warns about what cannot be written. */
export async function finalizeSession(facts: FinalizeFacts): Promise<SessionEnd> {
  const { events, ending, dispatch } = facts;
  const endedAt = facts.platform.clock.now();
  const elapsedMs = dispatch.elapsedMs();
  await dispatch.freeReserve();
  const isBootFailure = facts.bootMs !== undefined && ending.turns === 0 && elapsedMs < facts.bootMs;
  const reason = judge(ending, isBootFailure ? "boot failed" : "booted");
  const exit = exitOf(ending);

  const state = await emitUsage(facts);
  const delta = await dispatch.git.measure();
  emitGit(events, delta);
  const end = { at: endedAt, elapsedMs, reason, exit, state, delta };
  events.append({ type: "summary", path: await dispatch.finish(facts.record, end), exit: reason });
  await writeExitRecord(facts, { endedAt, exit, reason });
  events.append({ type: "exited", ...exit, reason });
  return { code: exit.code, reason, endSha: delta?.sha ?? null, elapsedMs };
}

function exitOf({ exit, ranOutOfTime }: Ending): ProcessExit {
  return {
    code: ranOutOfTime ? TIMEOUT_EXIT : exit.code,
    ...(exit.signal === undefined ? {} : { signal: exit.signal }),
  };
}

/** Emits the agent's usage; gives the state with it. */
async function emitUsage(facts: FinalizeFacts): Promise<SessionState> {
  const { adapter, events, ending } = facts;
  const printed = adapter.usageFrom?.(await lastOutput(facts));
  const logged = await usageFromLog(facts);
  const state = { ...ending.state, usage: printed?.usage ?? logged ?? ending.state.usage };
  events.append({
    type: "usage",
    ...usageFields(state.usage),
    agent_session_id: printed?.agentSessionId ?? state.agentSessionId ?? null,
  });
  return state;
}

/** The last output of the agent; empty when the transcript cannot be read. */
async function lastOutput({ platform: { files }, transcript: { path } }: FinalizeFacts): Promise<string> {
  const bytes = await findTail(files, path, { lines: USAGE_LINES, bytes: USAGE_BYTES })
    .then((tail) => tail && files.readRange(path, { offset: tail.start, maxBytes: tail.end - tail.start }))
    .catch(() => undefined);
  return new TextDecoder().decode(bytes);
}

/** The usage in the agent's own log; a log that cannot be read counts as empty. */
async function usageFromLog({ adapter, platform, ending }: FinalizeFacts): Promise<Usage | undefined> {
  const path = ending.state.facts["transcript_path"];
  if (adapter.usageFromLog === undefined || typeof path !== "string") return undefined;
  const bytes = await platform.files.readRange(path, { offset: 0, maxBytes: LOG_LIMIT }).catch(() => undefined);
  return adapter.usageFromLog(new TextDecoder().decode(bytes));
}

/** As in the established tool there is no git event before the first commit; the summary covers that case too. */
function emitGit(events: EventLog, delta: GitDelta | undefined): void {
  if (delta === undefined || delta.sha === null) return;
  events.append({ type: "git", phase: "end", ...delta, sha: delta.sha });
}

async function writeExitRecord(
  { launch, registry, name, record, warn }: FinalizeFacts,
  { endedAt, exit, reason }: { endedAt: number; exit: ProcessExit; reason: ExitReason },
): Promise<void> {
  try {
    await registry.writeExit(name, {
      ok: true,
      id: launch.id,
      cli: launch.cli,
      session_id: record.session_id,
      repo_root: launch.repoRoot,
      exit_code: exit.code,
      started_at: record.started_at,
      exited_at: localIso(endedAt),
      injected_count: record.injected_count,
      ...(exit.signal === undefined ? {} : { signal: exit.signal }),
      reason,
    });
  } catch (error) {
    warn("exit record", messageOf(error));
  }
}
