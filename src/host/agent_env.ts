/**
 * The environment that an agent gets, and the marker by which its descendants are found.
 */

import type { LaunchSpec } from "../model/launch.ts";
import { bypass } from "../model/proxy.ts";
import type { Platform } from "../platform/platform.ts";

export function agentEnvironment(launch: LaunchSpec, platform: Platform): Record<string, string> {
  const env: Record<string, string> = { ...launch.env };
  // What describes a terminal must describe the one that the agent is really in.
  const described = launch.mode === "headless" ? {} : platform.env;
  for (
    const name of ["TERM", "COLORTERM", "TMUX", "TMUX_PANE", "LINES", "COLUMNS", "TERM_PROGRAM", "TERM_PROGRAM_VERSION"]
  ) {
    delete env[name];
    const value = described[name];
    if (value !== undefined && name !== "LINES" && name !== "COLUMNS") env[name] = value;
  }
  delete env["HARNEX_HOOK_TOKEN"];
  delete env["HARNEX_FAULT"]; // breaks hosts on purpose; those that the agent starts are whole
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

/** What an agent with hooks needs to report to us: the right to, and a way past the proxy that it asks for the rest. */
export function hookEnvironment(
  variable: string | undefined,
  { token, url, env }: { token: string; url: string; env: LaunchSpec["env"] },
): Record<string, string> {
  return variable === undefined ? {} : { [variable]: token, ...bypass(env, [new URL(url).hostname]) };
}
