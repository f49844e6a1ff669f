/**
 * The one place that chooses a transport: adapter and plan in, running agent out.
 */

import type { Adapter, LaunchPlan, LaunchRequest } from "../adapters/adapter.ts";
import type { Platform } from "../platform/platform.ts";
import type { AgentProcess, ScreenPolicy, TerminalSize } from "../transports/agent_process.ts";
import { startPtyAgent } from "../transports/pty_agent.ts";
import { startRpcAgent } from "../transports/rpc_agent.ts";

/** There is no screen to weigh: what the protocol says counts at once. */
const NO_SCREEN: ScreenPolicy = { readySettleMs: 0, settleBy: "verdict", unseenWorkMs: 0 };

export interface StartAgentOptions {
  platform: Platform;
  /** what `plan` was made for */
  request: LaunchRequest;
  plan: LaunchPlan;
  cwd: string;
  env: Readonly<Record<string, string>>;
  marker: string;
  size: TerminalSize;
  guardTerminal: { path: string; saved: string } | undefined;
  /** a real terminal shows the agent and answers its queries */
  attached: boolean;
  output: (bytes: Uint8Array) => void;
}

export async function startAgent(adapter: Adapter, options: StartAgentOptions): Promise<{
  agent: AgentProcess;
  policy: ScreenPolicy;
  /** to be called when the session has ended in good order */
  release: () => Promise<void>;
}> {
  const { platform, plan, size } = options;
  const spawn = {
    cwd: options.cwd,
    env: options.env,
    marker: options.marker,
    ...(options.guardTerminal === undefined ? {} : { guardTerminal: options.guardTerminal }),
  };
  switch (adapter.transport) {
    case "pty": {
      const process = await platform.processes.spawnPty(plan.argv, { ...spawn, ...size });
      const agent = await startPtyAgent(process, adapter.behaviour, {
        clock: platform.clock,
        size,
        output: options.output,
        answersQueries: !options.attached,
      });
      return { agent, policy: adapter.behaviour.policy, release: () => process.release() };
    }
    case "stdio_jsonrpc": {
      const process = await platform.processes.spawnPiped(plan.argv, spawn);
      const agent = startRpcAgent(process, adapter.behaviour(options.request), {
        clock: platform.clock,
        approvals: options.request.approvals,
        output: options.output,
      });
      return { agent, policy: NO_SCREEN, release: () => process.release() };
    }
  }
}
