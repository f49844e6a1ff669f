/**
 * The contract of an adapter: all that harnex knows about one kind of agent, as pure code. No Deno.*, no clock,
 * no state between calls. To add an agent: `adapters/<name>/`, a row in `mod.ts`, recordings in `tests/golden/<name>/`.
 */

import type { Probe } from "../model/probe.ts";
import type { ApprovalPolicy } from "../model/session.ts";
import type { Trial } from "../model/trial.ts";
import type { Usage } from "../model/usage.ts";
import type { PtyBehaviour, ScreenSignal } from "../transports/agent_process.ts";
import type { RpcBehaviour } from "../transports/rpc/rpc_behaviour.ts";

/** What every adapter calls a prompt, running work, and a screen that it cannot read. */
export const COMMON_LABELS = ["prompt", "session", "unknown"] as const;

/** A signal under one of an adapter's own labels or a common one, so that its code and its list stay in step. */
export type LabelledSignal<Label extends string> = ScreenSignal & { label: Label | (typeof COMMON_LABELS)[number] };

/** What `run` asks an adapter to start. */
export interface LaunchRequest {
  /** the words after the agent's name, untouched */
  args: readonly string[];
  /** the agent's working directory, absolute */
  cwd: string;
  /** the first task, already with its session header; absent when it will be delivered as a message */
  context?: string;
  model?: string;
  effort?: string;
  /** model and effort in `--meta`: an order to agents that have always followed it, a note for the others */
  meta?: { model?: string; effort?: string };
  approvals: ApprovalPolicy;
  /** accept the agent's own trust dialog for `cwd`, and its bypass warning */
  trust: boolean;
  /** the environment the agent will get, for facts such as IS_SANDBOX */
  env: Readonly<Record<string, string | undefined>>;
  isRoot: boolean;
  /** the installed version of the agent, where it is known before the start */
  version?: string;
  /** absent where the session has no API, as in tests of command lines */
  own?: OwnPlace;
}

/** What a session keeps for its agent alone. */
export interface OwnPlace {
  /** the URL to which the agent's own hooks post */
  hookUrl: string;
  /** a private folder that exists as long as this session */
  folder: string;
  /** a fresh UUID, for agents that take a name for their conversation */
  uuid: string;
  /** the text of the file that `settingsFile` named; undefined when there is none */
  settingsText?: string;
}

/** How to start the agent. */
export interface LaunchPlan {
  /** program and arguments; the program is looked up on PATH by the host */
  argv: readonly string[];
  /** where the agent works, if its arguments name another directory than the request */
  cwd?: string;
  /** added to the agent's environment */
  env?: Readonly<Record<string, string>>;
  /** private files that must be there before the agent starts; paths below the request's folder */
  files?: readonly { path: string; text: string }[];
  /** the id of the agent's conversation, if it is known before the start */
  agentSessionId?: string;
  /** the environment variable that is to hold the token for posts to `hookUrl` */
  hookTokenVariable?: string;
  /** true when `context` is part of argv and the agent submits it by itself */
  contextInArgv: boolean;
}

interface AdapterBase {
  /** the word after `harnex run` */
  name: string;
  /**
   * The adapter's own names of states besides `COMMON_LABELS`, as `input_state.state` of `status --json` gives them.
   * `wait --until` knows them by this list.
   */
  labels: readonly string[];
  probe?: Probe;
  /** how `doctor --probe` tries the installed agent; absent where it cannot yet */
  trial?: Trial;
  /** Throws HarnexError("invalid") when the agent would refuse to start, with what to do instead. */
  plan(request: LaunchRequest): LaunchPlan;
  /** The directory that the agent's own arguments name as its working directory, as written; undefined if none. */
  directory?(args: readonly string[]): string | undefined;
  /** The settings file that the agent's own arguments name, if they do; `own.settingsText` is its text. */
  settingsFile?(args: readonly string[]): string | undefined;
  /** Token usage from the agent's own log, whose path it reported as the fact `transcript_path`. */
  usageFromLog?(text: string): Usage | undefined;
  /** Token usage and the like from the last output of an ended agent. */
  usageFrom?(transcriptTail: string): { usage?: Usage; agentSessionId?: string };
}

export interface PtyAdapter extends AdapterBase {
  transport: "pty";
  /** of the newest version that the adapter knows, and of an unknown one */
  behaviour: PtyBehaviour;
  /** What the installed version does in another way than `behaviour` says. */
  forVersion?(version: string | undefined): Partial<PtyBehaviour>;
}

export interface RpcAdapter extends AdapterBase {
  transport: "stdio_jsonrpc";
  /** How to talk to the agent that `plan` started for the same request. */
  behaviour(request: LaunchRequest): RpcBehaviour;
}

export type Adapter = PtyAdapter | RpcAdapter;
