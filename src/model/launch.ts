/**
 * What `run` hands to the host: everything that a session needs to know to start. It travels as JSON in a private
 * file when the host is another process.
 */

export type LaunchMode =
  /** the host has the person's terminal */
  | "foreground"
  /** in the background, no terminal */
  | "headless"
  /** the host has a tmux window as its terminal */
  | "tmux";

export interface LaunchSpec {
  id: string;
  cli: string;
  /** the words after the cli */
  args: string[];
  /** the agent's working directory, absolute */
  cwd: string;
  /** keys the session */
  repoRoot: string;
  mode: LaunchMode;
  /** the environment that the agent starts from */
  env: Record<string, string>;
  host: string;
  /** an explicit port; a taken one is an error */
  port?: number;
  portBase: number;
  portSpan: number;
  description?: string;
  context?: string;
  autoStop: boolean;
  meta?: Record<string, unknown>;
  summaryOut?: string;
  inboxTtlMs: number;
  legacyPty: boolean;
  model?: string;
  effort?: string;
  approvals: "auto" | "ask" | "deny";
  trust: boolean;
  maxRuntimeMs?: number;
  onDone?: string;
  watchFile?: string;
  spawnerPane?: string;
  parentDispatchId?: string;
}
