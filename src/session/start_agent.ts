/**
 * The one place that chooses a transport: adapter and plan in, running agent out.
 */

import type { Adapter, LaunchPlan, LaunchRequest } from "../adapters/adapter.ts";
import { assertNever } from "../model/session.ts";
import type { Platform } from "../platform/platform.ts";
import type { AgentProcess, TerminalSize } from "../transports/agent_process.ts";

export interface StartAgentOptions {
  platform: Platform;
  request: LaunchRequest;
  plan: LaunchPlan;
  env: Readonly<Record<string, string>>;
  marker: string;
  size: TerminalSize;
  guardTerminal: { path: string; saved: string } | undefined;
  /** a real terminal shows the agent and answers its queries */
  attached: boolean;
  output: (bytes: Uint8Array) => void;
}

export interface StartedAgent {
  agent: AgentProcess;
  /** to be called when the session has ended in good order */
  release: () => Promise<void>;
}

export async function startAgent(adapter: Adapter, options: StartAgentOptions): Promise<StartedAgent> {
  const { platform, request, plan, size, output } = options;
  const { clock, processes } = platform;
  const spawn = {
    cwd: plan.cwd ?? request.cwd,
    env: options.env,
    marker: options.marker,
    ...(options.guardTerminal === undefined ? {} : { guardTerminal: options.guardTerminal }),
  };
  switch (adapter.transport) {
    case "pty": {
      const { startPtyAgent } = await import("../transports/pty_agent.ts");
      const process = await processes.spawnPty(plan.argv, { ...spawn, ...size });
      const agent = await startPtyAgent(process, adapter.behaviour, {
        clock,
        size,
        output,
        answersQueries: !options.attached,
      });
      return { agent, release: () => process.release() };
    }
    case "stdio_jsonrpc": {
      const { startRpcAgent } = await import("../transports/rpc_agent.ts");
      const process = await processes.spawnPiped(plan.argv, spawn);
      const agent = startRpcAgent(process, adapter.behaviour(request), { clock, approvals: request.approvals, output });
      return { agent, release: () => process.release() };
    }
    default:
      return assertNever(adapter);
  }
}
