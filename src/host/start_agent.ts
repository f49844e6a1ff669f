/**
 * The one place that chooses a transport: adapter and plan in, running agent out.
 */

import type { Adapter, LaunchPlan, LaunchRequest } from "../adapters/adapter.ts";
import { assertNever } from "../model/never.ts";
import type { Platform } from "../platform/platform.ts";
import type { AgentProcess } from "../transports/agent_process.ts";
import { DEFAULT_SIZE, type TakenTerminal } from "./console.ts";

export interface StartAgentOptions {
  platform: Platform;
  request: LaunchRequest;
  plan: LaunchPlan;
  env: Readonly<Record<string, string>>;
  marker: string;
  /** gives the person's terminal to an agent that needs one; absent when there is no person's terminal */
  takeTerminal?: () => Promise<TakenTerminal>;
  output: (bytes: Uint8Array) => void;
}

export interface StartedAgent {
  agent: AgentProcess;
  /** Called when the session has ended in good order. */
  release: () => Promise<void>;
}

export async function startAgent(adapter: Adapter, options: StartAgentOptions): Promise<StartedAgent> {
  const { platform, request, plan, output } = options;
  const { clock, processes } = platform;
  const spawn = {
    cwd: plan.cwd ?? request.cwd,
    env: options.env,
    marker: options.marker,
  };
  switch (adapter.transport) {
    case "pty": {
      const { startPtyAgent } = await import("../transports/pty/pty_agent.ts");
      const taken = await options.takeTerminal?.();
      const size = taken?.size ?? DEFAULT_SIZE;
      const guard = taken?.guard === undefined ? {} : { guardTerminal: taken.guard };
      const process = await processes.spawnPty(plan.argv, { ...spawn, ...guard, ...size });
      const behaviour = { ...adapter.behaviour, ...adapter.forVersion?.(request.version) };
      const agent = await startPtyAgent(process, behaviour, {
        clock,
        size,
        output,
        own: {
          files: platform.files,
          env: options.env,
          start: (await processes.find(process.pid))?.start ?? "",
          approvals: request.approvals,
        },
        answersQueries: taken === undefined,
      });
      return { agent, release: () => process.release() };
    }
    case "stdio_jsonrpc": {
      const { startRpcAgent } = await import("../transports/rpc/rpc_agent.ts");
      const process = await processes.spawnPiped(plan.argv, spawn);
      const agent = startRpcAgent(process, adapter.behaviour(request), { clock, approvals: request.approvals, output });
      return { agent, release: () => process.release() };
    }
    default:
      return assertNever(adapter);
  }
}
