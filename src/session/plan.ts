/**
 * Decides how the agent will be started. Everything that can be refused is refused here, before anything is started.
 */

import type { Adapter, LaunchPlan, LaunchRequest } from "../adapters/adapter.ts";
import { findAdapter, findLegacyAdapter } from "../adapters/mod.ts";
import { HarnexError } from "../model/errors.ts";
import type { LaunchSpec } from "../model/launch.ts";
import type { Platform } from "../platform/platform.ts";

/** Longer contexts do not fit into one argument of a Linux process (128 KiB) once quoted; they go by the inbox. */
const ARGUMENT_LIMIT = 64 * 1024;

export interface AgentPlan {
  adapter: Adapter;
  request: LaunchRequest;
  /** with the program's absolute path in front */
  plan: LaunchPlan;
  /** the first task, with its header */
  context: string | undefined;
}

export async function planAgent(launch: LaunchSpec, platform: Platform): Promise<AgentPlan> {
  const adapter = launch.legacyPty ? findLegacyAdapter(launch.cli) : findAdapter(launch.cli);
  if (adapter === undefined) {
    throw new HarnexError("invalid", `--legacy-pty is for codex; run ${launch.cli} without it`);
  }
  const context = launch.context === undefined ? undefined : `[harnex session id=${launch.id}] ${launch.context}`;
  const request: LaunchRequest = {
    args: launch.args,
    cwd: launch.cwd,
    ...(context === undefined || context.length > ARGUMENT_LIMIT ? {} : { context }),
    ...(launch.model === undefined ? {} : { model: launch.model }),
    ...(launch.effort === undefined ? {} : { effort: launch.effort }),
    approvals: launch.approvals,
    trust: launch.trust,
    env: launch.env,
    isRoot: platform.system.uid === 0,
  };
  const plan = adapter.plan(request);
  const [name = launch.cli, ...args] = plan.argv;
  const program = await platform.processes.findProgram(name, launch.env["PATH"], launch.cwd);
  if (program === undefined) {
    throw new HarnexError("not_found", `"${name}" not found — is it installed and on your PATH?`);
  }
  return { adapter, request, plan: { ...plan, argv: [program, ...args] }, context };
}
