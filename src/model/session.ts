/**
 * The words that every layer shares: states, signals, messages, records. Types and pure constants only.
 * Field names in records and payloads are the public ones (snake_case); in-process types are camelCase.
 */

import type { Usage, UsageFields } from "./usage.ts";
import type { UndeliveredMessage } from "./message.ts";

/** What harnex says about an agent. `unknown` is never treated as ready. */
export type AgentState = "unknown" | "prompt" | "busy" | "blocked" | "exited";

/** Where a signal came from, strongest first. A weaker source never overrules a stronger one about the same turn. */
export const SIGNAL_SOURCES = ["process", "rpc", "hook", "file", "osc", "screen"] as const;
export type SignalSource = (typeof SIGNAL_SOURCES)[number];

/** Who answers the agent's permission questions. */
export type ApprovalPolicy = "auto" | "ask" | "deny";

/** What a blocked agent waits for. */
export type BlockKind = "trust" | "login" | "permission" | "question" | "choice";

export type TurnOutcome = "completed" | "interrupted" | "failed";

/** A typed fact about the agent. `label` is the public `input_state.state` that goes with it. */
export type Signal =
  /** Level: the agent sits at its prompt and would take a message. */
  | {
    kind: "ready";
    label: string;
    /** how the turn before this prompt ended, where the source can see that it was not completed */
    lastTurn?: { outcome: TurnOutcome; detail: string };
    /** since when, where the source says so itself */
    since?: number;
  }
  /** Level: a turn is visibly running. */
  | {
    kind: "working";
    label: string;
    /** the agent sits at its prompt, but something of the turn still runs, whose end wakes it */
    background?: true;
  }
  /** Level: the agent waits for a decision. */
  | {
    kind: "blocked";
    on: BlockKind;
    label: string;
    detail: string;
    choices?: readonly string[];
    /** tells this question from the next one, where the agent's protocol does */
    questionId?: string;
  }
  /** Level: this source cannot tell any more; what it said before no longer counts. */
  | { kind: "unclear"; label: string }
  /** Edge: the agent took a message and began a turn. */
  | { kind: "turn_started"; turnId?: string }
  /** Edge: the agent said how its turn ends; it ends when the agent is back at its prompt, or begins the next one. */
  | { kind: "turn_ending"; outcome: TurnOutcome; detail?: string; lastMessage?: string }
  /** Edge: the turn is over. */
  | { kind: "turn_ended"; turnId?: string; outcome: TurnOutcome; detail?: string; lastMessage?: string; usage?: Usage }
  | { kind: "item_completed"; item: unknown }
  /** Edge: the conversation is cleared by hand; the work that this takes is no turn. */
  | { kind: "cleared" }
  | { kind: "compaction"; fields: Readonly<Record<string, unknown>> }
  | { kind: "approval"; approval: string; command?: string; path?: string; decision: string; by: string }
  | { kind: "usage"; usage: Usage }
  | { kind: "resumable"; agentSessionId: string }
  /**
   * What the agent says about itself (model, effort, rate limits …), for the status payload; later values replace
   * earlier ones.
   */
  | { kind: "facts"; facts: Readonly<Record<string, unknown>> }
  /** The connection to the agent is broken, or it reported an error that it will not recover from. */
  | { kind: "disconnected"; source: "transport" | "error_notification"; message?: string }
  /**
   * harnex itself pressed Enter (or sent the request) for this message: a turn is expected. `taken` or `not_taken` may
   * follow.
   */
  | { kind: "submitted"; messageId: string; verdict?: "follows" }
  /** The agent took the message, by the transport's own evidence. */
  | { kind: "taken"; messageId: string; by: SignalSource; turnId?: string }
  /** The submission was not taken: the expected turn is withdrawn. */
  | { kind: "not_taken"; messageId: string }
  /** What a babysitter saw or did. */
  | { kind: "watched"; report: WatchReport }
  /** Time passed: weigh again what is known. */
  | { kind: "tick" }
  | { kind: "exited" };

/** What watch mode reports: the agent stalls, was told to resume, prints again. */
export type WatchReport =
  | { type: "log_idle"; idle_s: number }
  | { type: "resume"; attempt: number; max: number }
  | { type: "log_active" };

/** A signal with its source and time (milliseconds, wall clock). */
export interface Observation {
  signal: Signal;
  source: SignalSource;
  at: number;
}

/** How a message is to be put to the agent. */
export type MessageMode =
  /** type the text and submit it */
  | "submit"
  /** type the text, no Enter */
  | "type"
  /** Enter only */
  | "enter"
  /** bytes as they are (the legacy form of POST /send) */
  | "raw";

/** A message to the agent, as the transport sees it. */
export interface Message {
  id: string;
  text: string;
  mode: MessageMode;
  /** may be delivered although the agent is not at its prompt (a JSON-RPC agent is steered) */
  force: boolean;
}

/** The steps of a message; each is taken at most once and only forwards. */
export const MESSAGE_STEPS = ["queued", "typed", "submitted", "accepted", "turn_started", "turn_ended"] as const;
export type MessageStep = (typeof MESSAGE_STEPS)[number];

/** How a delivery ended. */
export type Delivery =
  /**
   * taken by the agent; `by` and `evidence` name what showed it, such as `screen: working`; `turnId` where the agent
   * named it
   */
  | { kind: "accepted"; bytesWritten: number; by: SignalSource; evidence: string; turnId?: string }
  /** typed and, unless the mode was `type`, submitted, but nothing showed that the agent took it */
  | { kind: "not_taken"; bytesWritten: number; reason: string }
  /** nothing was typed */
  | { kind: "refused"; reason: string };

/** Public status of a message in the inbox. */
export type MessageStatus = "queued" | "delivered" | "failed" | "expired" | "dropped" | "typed_not_submitted";

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

/** Makes a forgotten case a compile error, and a loud one at run time. */
export function assertNever(value: never): never {
  throw new TypeError(`unexpected value: ${JSON.stringify(value)}`);
}
