/**
 * Puts the real agents, in the versions of `versions.json`, into a cache folder outside the tree, with npm.
 * Run it before the tests here; `agentPath` then says where an agent is.
 */

import { join, resolve } from "node:path";
import versions from "./versions.json" with { type: "json" };

export const AGENTS = {
  claude: "@anthropic-ai/claude-code",
  codex: "@openai/codex",
  gemini: "@google/gemini-cli",
  opencode: "opencode-ai",
} as const;

export type AgentName = keyof typeof AGENTS;

export function agentVersion(name: AgentName): string {
  return versions[AGENTS[name]];
}

/** The program of an installed agent. Throws when it is not installed: a test never skips for that. */
export function agentPath(name: AgentName): string {
  const path = programIn(folderOf(name), name);
  if (isFile(path)) return path;
  throw new Error(`${name} ${agentVersion(name)} is not installed; run: deno run -A tests/agents/install.ts`);
}

/** `$HARNEX_AGENTS_DIR`, else a folder in the user's cache. */
function agentsDir(): string {
  const { HARNEX_AGENTS_DIR, XDG_CACHE_HOME, HOME = "/" } = Deno.env.toObject();
  return resolve(HARNEX_AGENTS_DIR || join(XDG_CACHE_HOME || join(HOME, ".cache"), "harnex-test-agents"));
}

function folderOf(name: AgentName): string {
  return join(agentsDir(), `${name}-${agentVersion(name)}`);
}

function programIn(folder: string, name: AgentName): string {
  return join(folder, "node_modules/.bin", name);
}

function isFile(path: string): boolean {
  try {
    return Deno.statSync(path).isFile;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return false;
    throw error;
  }
}

/** Installs beside the folder and renames, so that a broken download never looks like an agent. */
async function install(name: AgentName): Promise<void> {
  const folder = folderOf(name);
  if (isFile(programIn(folder, name))) return console.log(`${name} ${agentVersion(name)} is there`);
  const partial = `${folder}.${Deno.pid}.part`;
  await Deno.mkdir(partial, { recursive: true });
  try {
    const wanted = `${AGENTS[name]}@${agentVersion(name)}`;
    const args = ["install", "--prefix", partial, "--no-audit", "--no-fund", "--loglevel=error", wanted];
    const npm = await new Deno.Command("npm", { args, stdin: "null" }).output();
    if (!npm.success) throw new Error(`npm install ${wanted}: ${new TextDecoder().decode(npm.stderr).trim()}`);
    await assertVersion(name, programIn(partial, name));
    await Deno.remove(folder, { recursive: true }).catch(() => {});
    await Deno.rename(partial, folder);
  } finally {
    await Deno.remove(partial, { recursive: true }).catch(() => {});
  }
  console.log(`${name} ${agentVersion(name)} installed`);
}

/** What the program itself says, not what was asked for. */
async function assertVersion(name: AgentName, program: string): Promise<void> {
  const { stdout, stderr } = await new Deno.Command(program, { args: ["--version"], stdin: "null" }).output();
  const said = new TextDecoder().decode(stdout).trim();
  if (said.includes(agentVersion(name))) return;
  throw new Error(`${program} --version said "${said}${new TextDecoder().decode(stderr)}", not ${agentVersion(name)}`);
}

if (import.meta.main) {
  console.log(`real agents for tests, in ${agentsDir()}`);
  for (const name of Object.keys(AGENTS) as AgentName[]) await install(name);
}
