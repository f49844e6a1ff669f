/** Reads the profiles with which a user teaches harnex other agents: `agents/<name>.json` in the config folder. */

import { join } from "node:path";
import type { Files } from "../platform/platform.ts";

/** A name as `run` accepts it; a path is not one. */
const NAME = /^[A-Za-z0-9][\w.-]{0,63}$/;
const EXTENSION = ".json";

export interface AgentFile {
  path: string;
  text: string;
}

type Environment = Readonly<Record<string, string | undefined>>;

/** `$XDG_CONFIG_HOME/harnex/agents`, else `~/.config/harnex/agents`; undefined without a home. */
export function agentFolder(env: Environment): string | undefined {
  const { XDG_CONFIG_HOME: config, HOME: home } = env;
  if (config) return join(config, "harnex", "agents");
  return home ? join(home, ".config", "harnex", "agents") : undefined;
}

/** The profile of the agent of this name; undefined when there is none. */
export async function readAgentFile(files: Files, env: Environment, name: string): Promise<AgentFile | undefined> {
  const folder = agentFolder(env);
  if (folder === undefined || !NAME.test(name)) return undefined;
  const path = join(folder, `${name}${EXTENSION}`);
  const text = await files.readText(path);
  return text === undefined ? undefined : { path, text };
}

/** The agents that have such a file, sorted. */
export async function listAgentFiles(files: Files, env: Environment): Promise<string[]> {
  const folder = agentFolder(env);
  const names = folder === undefined ? [] : await files.list(folder);
  return names.filter((name) => name.endsWith(EXTENSION)).map((name) => name.slice(0, -EXTENSION.length))
    .filter((name) => NAME.test(name)).sort();
}
