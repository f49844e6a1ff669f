/** The environment that an agent is started with. */

import type { LaunchSpec } from "../model/launch.ts";
import { bypass } from "../model/proxy.ts";
import type { Platform } from "../platform/platform.ts";

export interface AgentEnvironmentParts {
  /** the adapter's own part */
  planned: Readonly<Record<string, string>> | undefined;
  /** for agents with hooks: the variable for the token, the token, and the address that the hooks post to */
  hook: { variable: string | undefined; token: string; url: string };
  /** the dispatch's span, when it is exported */
  traceparent: string | undefined;
}

export function agentEnvironment(
  launch: LaunchSpec,
  platform: Pick<Platform, "env">,
  { planned, hook, traceparent }: AgentEnvironmentParts,
): Record<string, string> {
  return {
    ...sessionEnvironment(launch, platform),
    ...planned,
    ...hookEnvironment(hook, launch.env),
    ...(traceparent === undefined ? {} : { TRACEPARENT: traceparent }),
  };
}

function sessionEnvironment(launch: LaunchSpec, platform: Pick<Platform, "env">): Record<string, string> {
  const env: Record<string, string> = { ...launch.env };
  // The variables that describe a terminal must describe the one that the agent is really in.
  const described = launch.mode === "headless" ? {} : platform.env;
  for (
    const name of ["TERM", "COLORTERM", "TMUX", "TMUX_PANE", "LINES", "COLUMNS", "TERM_PROGRAM", "TERM_PROGRAM_VERSION"]
  ) {
    delete env[name];
    const value = described[name];
    if (value !== undefined && name !== "LINES" && name !== "COLUMNS") env[name] = value;
  }
  delete env["HARNEX_HOOK_TOKEN"];
  delete env["HARNEX_FAULT"]; // breaks this host on purpose, and not the hosts that the agent starts
  delete env["HARNEX_DESCRIPTION"];
  delete env["HARNEX_SPAWNER_PANE"];
  return {
    ...env,
    TERM: env["TERM"] ?? "xterm-256color",
    HARNEX_SESSION_CLI: launch.cli,
    HARNEX_ID: launch.id,
    HARNEX_SESSION_REPO_ROOT: launch.repoRoot,
    ...(launch.description === undefined ? {} : { HARNEX_DESCRIPTION: launch.description }),
    ...(launch.spawnerPane === undefined ? {} : { HARNEX_SPAWNER_PANE: launch.spawnerPane }),
  };
}

/** What an agent's hooks need to post to the session: the token, and a way past the proxy that the agent uses. */
function hookEnvironment(
  { variable, token, url }: AgentEnvironmentParts["hook"],
  env: LaunchSpec["env"],
): Record<string, string> {
  return variable === undefined ? {} : { [variable]: token, ...bypass(env, [new URL(url).hostname]) };
}
