/**
 * A session as it is stored and shown: registry record, exit record, status payload. Their field names are the public
 * ones (snake_case); types that stay inside the program are camelCase.
 */

import type { UndeliveredMessage } from "./message.ts";
import type { AgentState, BlockKind } from "./signal.ts";
import type { UsageFields } from "./usage.ts";

/** How the agent's permission questions are answered: `auto` accepts, `ask` asks a person, `deny` declines. */
export type ApprovalPolicy = "auto" | "ask" | "deny";

export type Transport = "pty" | "stdio_jsonrpc";

/** Why a session ended: the verdict on the work, not on how the agent exited. */
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
  /** null while the agent works or its state is unknown: it may accept input then, or not */
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
  /** start time of the host process as the platform prints it, to detect a reused pid */
  host_start: string;
  /** `started_at` in milliseconds, to order sessions of one second; records of the established tool lack it */
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
  /** the command of `--on-done`, for the process that finds the session lost */
  on_done?: string;
  /** where the dispatch summary goes, for the process that settles the session if its host dies */
  summary_path?: string;
}

/** The fields of a record that its API shows; the others are for harnex itself. */
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
  /** what the agent reports about itself, such as sandbox and rate limits */
  facts?: Readonly<Record<string, unknown>>;
  /** messages that an earlier run of this id did not deliver because its host died; harnex does not send them again */
  undelivered?: readonly UndeliveredMessage[];
  /** the open question */
  blocked?: { on: BlockKind; detail: string; choices?: readonly string[] };
}
