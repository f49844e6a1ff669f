/**
 * A session as it is written down and shown: registry record, exit record, status payload.
 * Field names in records and payloads are the public ones (snake_case); in-process types are camelCase.
 */

import type { UndeliveredMessage } from "./message.ts";
import type { AgentState, BlockKind } from "./signal.ts";
import type { UsageFields } from "./usage.ts";

/** Who answers the agent's permission questions. */
export type ApprovalPolicy = "auto" | "ask" | "deny";

export type Transport = "pty" | "stdio_jsonrpc";

/** Why a session ended: the verdict on the work, not on how the agent left. */
export type ExitReason =
  | "success"
  | "failure"
  | "timeout"
  | "disconnected"
  | "boot_failure"
  | "stopped"
  | "lost";

/** How the agent process ended. `code` is 128+N when signal N ended it. */
export interface ProcessExit {
  code: number;
  signal?: number;
}

/** Public `input_state` of the status payload. */
export interface InputState {
  state: string;
  /** null while the agent works or is not known: it may take what is typed, or not */
  input_ready: boolean | null;
}

/** The live session's file, `sessions/<key>--<slug>.json`; it holds the bearer token. */
export interface RegistryRecord {
  session_id: string;
  repo_root: string;
  repo_key: string;
  cli: string;
  id: string;
  /** the agent's pid (not the host's) */
  pid: number;
  host_pid: number;
  /** start time of the host process as the platform prints it, to tell a reused pid */
  host_start: string;
  /** `started_at` in milliseconds, for the order of sessions of one second; no record of the established tool has it */
  started_ms?: number;
  host: string;
  port: number;
  command: readonly string[];
  started_at: string;
  token: string;
  cwd: string;
  transport: Transport;
  version: string;
  last_injected_at: string | null;
  injected_count: number;
  output_log_path: string;
  events_log_path: string;
  description?: string;
  tmux_target?: string;
  tmux_session?: string;
  tmux_window?: string;
  watch_path?: string;
  watch_absolute_path?: string;
  watch_debounce_seconds?: number;
  /** the command of `--on-done`, for whoever finds the session lost */
  on_done?: string;
  /** where the dispatch summary goes, for who accounts for a host that died */
  summary_path?: string;
}

/** What of a record is the session's own business: the rest anybody may be shown who may call its API. */
export function shownFields(
  record: RegistryRecord,
): Omit<RegistryRecord, "token" | "cwd" | "host_start" | "started_ms" | "on_done" | "summary_path"> {
  const { token: _token, cwd: _cwd, host_start: _start, started_ms: _ms, ...rest } = record;
  const { on_done: _done, summary_path: _summary, ...shown } = rest;
  return shown;
}

/** How a session ended, `exits/<key>--<slug>.json`; written once. */
export interface ExitRecord {
  ok: boolean;
  id: string;
  cli: string;
  session_id: string;
  repo_root: string;
  exit_code: number | null;
  started_at: string;
  exited_at: string;
  injected_count: number;
  signal?: number;
  reason: ExitReason;
}

/** Answer of `GET /status`. */
export interface StatusPayload {
  ok: true;
  session_id: string;
  repo_root: string;
  repo_key: string;
  cli: string;
  id: string;
  pid: number;
  host_pid: number;
  host: string;
  port: number;
  command: readonly string[];
  started_at: string;
  last_injected_at: string | null;
  injected_count: number;
  output_log_path: string;
  events_log_path: string;
  log_mtime: string | null;
  log_idle_s: number | null;
  description?: string;
  watch_path?: string;
  watch_absolute_path?: string;
  watch_debounce_seconds?: number;
  input_state: InputState;
  agent_state: AgentState;
  inbox: { pending: number; delivered_total: number; expired_total: number };
  last_completed_at: string | null;
  model: string | null;
  effort: string | null;
  auto_disconnects: number;
  transport: Transport;
  version: string;
  usage?: UsageFields;
  thread_id?: string;
  /** what the agent says about itself, such as sandbox and rate limits */
  facts?: Readonly<Record<string, unknown>>;
  /** messages that an earlier run of this id, whose host died, never delivered; they are not sent again */
  undelivered?: readonly UndeliveredMessage[];
  /** the open question */
  blocked?: { on: BlockKind; detail: string; choices?: readonly string[] };
}
