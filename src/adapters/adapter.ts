/**
 * The contract of an adapter: all that harnex knows about one kind of agent, as pure code. No Deno.*, no clock,
 * no state between calls. To add an agent: one file here, one line in `mod.ts`, recordings in `tests/golden/<name>/`.
 */

import type { Probe } from "../model/probe.ts";
import type { ApprovalPolicy } from "../model/session.ts";
import type { Usage } from "../model/usage.ts";
import type { PtyBehaviour } from "../transports/agent_process.ts";
import type { RpcBehaviour } from "../transports/rpc/rpc_behaviour.ts";

/** What `run` asks an adapter to start. */
export interface LaunchRequest {
  /** the words after the cli, untouched */
  args: readonly string[];
  /** the agent's working directory, absolute */
  cwd: string;
  /** the first task, already with its session header; absent when it will be delivered as a message */
  context?: string;
  model?: string;
  effort?: string;
  /** what `--meta` says of both: an order to agents that have always followed it, a label for the others */
  meta?: { model?: string; effort?: string };
  approvals: ApprovalPolicy;
  /** accept the agent's own trust dialog for `cwd`, and its bypass warning */
  trust: boolean;
  /** the environment the agent will get, for facts such as IS_SANDBOX */
  env: Readonly<Record<string, string | undefined>>;
  isRoot: boolean;
  /** absent where the session's API is not there to be called, as in tests of command lines */
  own?: OwnPlace;
}

/** What a session has for its agent alone. */
export interface OwnPlace {
  /** where the agent's own hooks may post to */
  hookUrl: string;
  /** a private folder of this session, which lasts as long as it does */
  folder: string;
  /** a fresh UUID, for agents that let their session be named */
  uuid: string;
  /** the text of the file that `settingsFile` named; undefined when there is none */
  settingsText?: string;
}

/** How to start the agent. */
export interface LaunchPlan {
  /** program and arguments; the program is looked up on PATH by the host */
  argv: readonly string[];
  /** where the agent works, when its arguments say otherwise than the request */
  cwd?: string;
  /** added to the agent's environment */
  env?: Readonly<Record<string, string>>;
  /** private files that must be there before the agent starts; paths below the request's folder */
  files?: readonly { path: string; text: string }[];
  /** the agent's own name of its session, known before it starts */
  agentSessionId?: string;
  /** the name of the environment variable that gets the right to post to `hookUrl` */
  hookTokenVariable?: string;
  /** true when `context` is part of argv and the agent submits it by itself */
  contextInArgv: boolean;
}

interface AdapterBase {
  /** the word after `harnex run` */
  name: string;
  probe?: Probe;
  /** Throws HarnexError("invalid") when the agent would refuse to start, with what to do instead. */
  plan(request: LaunchRequest): LaunchPlan;
  /** Where the person's own words send the agent to work, as they wrote it, when they do. */
  directory?(args: readonly string[]): string | undefined;
  /** The settings file that the person's own words name, when they do; its text comes back in the request. */
  settingsFile?(args: readonly string[]): string | undefined;
  /** Token usage from the agent's own log, whose path it told as the fact `transcript_path`. */
  usageFromLog?(text: string): Usage | undefined;
  /** Token usage and the like from the last output of an ended agent. */
  usageFrom?(transcriptTail: string): { usage?: Usage; agentSessionId?: string };
}

export interface PtyAdapter extends AdapterBase {
  transport: "pty";
  behaviour: PtyBehaviour;
}

export interface RpcAdapter extends AdapterBase {
  transport: "stdio_jsonrpc";
  /** How to talk to the agent that `plan` started for the same request. */
  behaviour(request: LaunchRequest): RpcBehaviour;
}

export type Adapter = PtyAdapter | RpcAdapter;
