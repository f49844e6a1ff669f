/**
 * The public event log, schema version 1: one JSON object per line. Version 1 only ever grows; a field is never
 * removed, renamed or retyped. The parser is tolerant: it keeps unknown types and fields.
 */

import { parseObject } from "../text/json.ts";
import type { ExitReason } from "./session.ts";
import type { AgentState, BlockKind, SignalSource, WatchReport } from "./signal.ts";
import type { UsageFields } from "./usage.ts";

export const SCHEMA_VERSION = 1;

/** The fields of the events that end a turn, `task_complete` and `task_failed`. */
export interface TurnEndFields {
  turnId?: string;
  status?: string;
  tokenUsage?: UsageFields;
  source: SignalSource;
  last_message?: string;
  message_id?: string;
}

/** An event as its emitter writes it; the log adds `schema_version`, `seq`, `ts`, `id` and `session_id`. */
export type EventBody =
  | { type: "started"; pid: number; meta?: unknown }
  | { type: "state"; from: AgentState; to: AgentState; source: SignalSource }
  | { type: "queued"; message_id: string }
  | { type: "send"; msg: string; msg_truncated: boolean; forced: boolean; message_id: string; evidence?: string }
  | { type: "failed"; message_id: string; error: string; status: string }
  | { type: "expired"; message_id: string; error: string }
  | { type: "dropped"; message_id: string; error: string }
  | { type: "turn_started"; turnId?: string; source: SignalSource; message_id?: string }
  | { type: "item_completed"; item: unknown }
  | ({ type: "task_complete" } & TurnEndFields)
  | ({ type: "task_failed"; error: string } & TurnEndFields)
  | { type: "blocked"; on: BlockKind; detail: string; choices?: readonly string[]; source: SignalSource }
  | { type: "answered"; on: BlockKind; choice: string; by: string }
  | { type: "approval"; kind: string; command?: string; path?: string; decision: string; by: string }
  | { type: "disconnected"; source: "transport" | "error_notification"; message?: string }
  | ({ type: "compaction" } & Record<string, unknown>)
  | { type: "stop_requested"; signal: string; by: string }
  | WatchReport
  | ({ type: "usage"; agent_session_id: string | null } & UsageFields)
  | { type: "git"; phase: "start"; sha: string; branch: string | null }
  | {
    type: "git";
    phase: "end";
    sha: string;
    loc_added: number | null;
    loc_removed: number | null;
    files_changed: number | null;
    commits: number | null;
  }
  | { type: "summary"; path: string | null; exit: ExitReason }
  | { type: "exited"; code: number | null; signal?: number; reason: ExitReason };

/** One line of the log. */
export interface EventEnvelope {
  schema_version: number;
  seq: number;
  ts: string;
  id: string;
  session_id: string;
}

export type SessionEvent = EventEnvelope & EventBody;

/** A line as read: the envelope is checked, and everything else is kept unchanged. */
export type ReadEvent = EventEnvelope & { type: string } & Readonly<Record<string, unknown>>;

/**
 * Parses one line of an event log; undefined for a torn, foreign or empty line. Logs of the established tool (0.6)
 * have no `session_id`; it is "" then.
 */
export function parseEvent(line: string): ReadEvent | undefined {
  const row = parseObject(line);
  if (row === undefined) return undefined;
  const { type, seq, ts, id, session_id, schema_version } = row;
  if (typeof type !== "string" || typeof seq !== "number" || typeof ts !== "string") return undefined;
  return {
    ...row,
    type,
    seq,
    ts,
    id: typeof id === "string" ? id : "",
    session_id: typeof session_id === "string" ? session_id : "",
    schema_version: typeof schema_version === "number" ? schema_version : SCHEMA_VERSION,
  };
}
