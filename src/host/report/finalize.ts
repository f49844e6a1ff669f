/**
 * The account of an ended session: usage, git, summary, exit record and the `exited` event, in that order.
 */

import type { Adapter } from "../../adapters/adapter.ts";
import { messageOf } from "../../model/errors.ts";
import type { LaunchSpec } from "../../model/launch.ts";
import type { ExitReason, RegistryRecord } from "../../model/session.ts";
import { type Usage, usageFields } from "../../model/usage.ts";
import { localIso } from "../../model/time.ts";
import type { Platform } from "../../platform/platform.ts";
import type { EventLog } from "../../store/event_log.ts";
import type { SessionName } from "../../store/paths.ts";
import type { Registry } from "../../store/registry.ts";
import { findTail, type Transcript } from "../../store/transcript.ts";
import type { Dispatch } from "./dispatch.ts";
import { type Ending, judge } from "./verdict.ts";

/** What is read of the transcript's end for usage and resume hints. */
const USAGE_LINES = 60;
const USAGE_BYTES = 4 << 20;
/** An agent's own log of a long day; a longer one is counted as far as this. */
const LOG_LIMIT = 256 << 20;
/** What `timeout(1)` exits with, and so do we. */
const TIMEOUT_CODE = 124;

/** Tells trouble on one topic once. */
export type Warn = (topic: string, trouble: unknown) => void;

export interface ClosingFacts {
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

/** What the agent printed last; a transcript that cannot be read tells nothing. */
async function lastWords({ platform: { files }, transcript: { path } }: ClosingFacts): Promise<string> {
  const bytes = await findTail(files, path, { lines: USAGE_LINES, bytes: USAGE_BYTES })
    .then((tail) => tail && files.readRange(path, { offset: tail.start, maxBytes: tail.end - tail.start }))
    .catch(() => undefined);
  return new TextDecoder().decode(bytes);
}

/** What the agent itself wrote down; a log that cannot be read tells nothing. */
async function usageFromLog({ adapter, platform, ending }: ClosingFacts): Promise<Usage | undefined> {
  const path = ending.state.facts["transcript_path"];
  if (adapter.usageFromLog === undefined || typeof path !== "string") return undefined;
  const bytes = await platform.files.readRange(path, { offset: 0, maxBytes: LOG_LIMIT }).catch(() => undefined);
  return adapter.usageFromLog(new TextDecoder().decode(bytes));
}

/** The session's exit code and verdict, and what its end is told with. */
export interface SessionEnd {
  code: number;
  reason: ExitReason;
  endSha: string | null;
  elapsedMs: number;
}

/** Never throws: what cannot be written is warned about. */
export async function accountForEnd(facts: ClosingFacts): Promise<SessionEnd> {
  const { platform, launch, adapter, record, events, ending, warn, dispatch } = facts;
  const { clock } = platform;
  const endedAt = clock.now();
  const elapsedMs = dispatch.elapsedMs();
  await dispatch.giveBackReserve();
  const bootFailed = facts.bootMs !== undefined && ending.turns === 0 && elapsedMs < facts.bootMs;
  const reason = judge(ending, bootFailed ? "boot failed" : "booted");

  const told = adapter.usageFrom?.(await lastWords(facts));
  const logged = await usageFromLog(facts);
  const state = { ...ending.state, usage: told?.usage ?? logged ?? ending.state.usage };
  events.append({
    type: "usage",
    ...usageFields(state.usage),
    agent_session_id: told?.agentSessionId ?? state.agentSessionId ?? null,
  });

  const code = ending.ranOutOfTime ? TIMEOUT_CODE : ending.exit.code;
  const signal = ending.exit.signal === undefined ? {} : { signal: ending.exit.signal };

  const delta = await dispatch.git.end();
  // As in the established tool there is no git event before the first commit; the summary tells that case too.
  if (delta !== undefined && delta.sha !== null) {
    events.append({ type: "git", phase: "end", ...delta, sha: delta.sha });
  }
  const end = { at: endedAt, elapsedMs, reason, exit: { code, ...signal }, state, delta };
  events.append({ type: "summary", path: await dispatch.finish(record, end), exit: reason });

  try {
    await facts.registry.writeExit(facts.name, {
      ok: true,
      id: launch.id,
      cli: launch.cli,
      session_id: record.session_id,
      repo_root: launch.repoRoot,
      exit_code: code,
      started_at: record.started_at,
      exited_at: localIso(endedAt),
      injected_count: record.injected_count,
      ...signal,
      reason,
    });
  } catch (error) {
    warn("exit record", messageOf(error));
  }
  events.append({ type: "exited", code, ...signal, reason });
  return { code, reason, endSha: delta?.sha ?? null, elapsedMs };
}
