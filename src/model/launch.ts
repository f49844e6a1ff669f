/**
 * What `run` hands to the host: everything that a session needs to start. When the host is another process, it is
 * passed as JSON in a private file.
 */

export type LaunchMode =
  /** the host runs in the person's terminal */
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

/** The model and the effort that `--meta` names. */
export function namedInMeta({ meta }: Pick<LaunchSpec, "meta">): { model?: string; effort?: string } {
  const { model, effort } = meta ?? {};
  return { ...(typeof model === "string" ? { model } : {}), ...(typeof effort === "string" ? { effort } : {}) };
}

/**
 * Parses what `run` wrote. The file is private and of the same version, so the check only has to detect a wrong file.
 * Throws for one.
 */
export function parseLaunchSpec(text: string): LaunchSpec {
  const value: unknown = JSON.parse(text);
  if (!isLaunchSpec(value)) throw new TypeError("this is not a launch file");
  return value;
}

function isLaunchSpec(value: unknown): value is LaunchSpec {
  return typeof value === "object" && value !== null && "id" in value && typeof value.id === "string" &&
    "cli" in value &&
    typeof value.cli === "string" && "repoRoot" in value && "env" in value && "mode" in value;
}

/** A warning about an address that other machines may reach; undefined for one that they cannot. */
export function exposureOf({ host }: Pick<LaunchSpec, "host">): string | undefined {
  if (host === "localhost" || host === "::1" || /^127\.\d+\.\d+\.\d+$/.test(host)) return undefined;
  return `other machines may reach the session's API at ${host}, and anyone with its token can type into the agent; ` +
    "without --host it stays on this machine";
}

/** Keys of `--meta` that go into the row as they are. */
export const PASSTHROUGH = [
  "orchestrator",
  "orchestrator_session",
  "chain_id",
  "parent_dispatch_id",
  "tier",
  "phase",
  "issue",
  "plan",
  "task_brief",
] as const;
