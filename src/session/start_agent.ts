/**
 * The one place that chooses a transport: adapter and plan in, running agent out.
 */

import type { Adapter, LaunchPlan } from "../adapters/adapter.ts";
import type { Platform } from "../platform/platform.ts";
import type { AgentProcess, TerminalSize } from "../transports/agent_process.ts";
import { startPtyAgent } from "../transports/pty_agent.ts";

export interface StartAgentOptions {
  platform: Platform;
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
      return { agent, release: () => process.release() };
    }
  }
}
