/**
 * Puts the real agents, in the versions of `versions.json`, into a cache folder outside the tree, with npm. Run it
 * before the tests here: without arguments it installs both sets, `pinned` or `latest` names one, and `--newest` first
 * writes into `versions.json` what npm calls the latest. `--path` instead prints the folders of the installed programs
 * of the set, for PATH. `agentPath` gives the path of an installed agent.
 */

import { dirname, join, resolve } from "node:path";
import versions from "./versions.json" with { type: "json" };

/** `pinned`: the versions that the recordings are from; `latest`: those that people have today. */
export const AGENT_SETS = ["pinned", "latest"] as const;

export type AgentSet = (typeof AGENT_SETS)[number];
export type AgentName = keyof typeof versions;

export const AGENT_NAMES = Object.keys(versions).filter((name): name is AgentName => name in versions);

/** The set that this run tests: `HARNEX_AGENT_SET`, else the pinned one. */
export function agentSet(): AgentSet {
  const wanted = Deno.env.get("HARNEX_AGENT_SET") || "pinned";
  const set = AGENT_SETS.find((each) => each === wanted);
  if (set === undefined) throw new Error(`HARNEX_AGENT_SET is one of ${AGENT_SETS.join(", ")}, not ${wanted}`);
  return set;
}

export function agentVersion(name: AgentName, which: AgentSet = agentSet()): string {
  return versions[name][which];
}

/** What people call it. */
export function agentTitle(name: AgentName): string {
  return versions[name].title;
}

/** The program of an installed agent. Throws when it is not installed: a test never skips for that. */
export function agentPath(name: AgentName, which: AgentSet = agentSet()): string {
  const version = agentVersion(name, which);
  const path = programIn(folderOf(name, version), name);
  if (isFile(path)) return path;
  throw new Error(`${name} ${version} is not installed; run: deno run -A tests/agents/install.ts`);
}

/** `$HARNEX_AGENTS_DIR`, else a folder in the user's cache. */
function agentsDir(): string {
  const { HARNEX_AGENTS_DIR, XDG_CACHE_HOME, HOME = "/" } = Deno.env.toObject();
  return resolve(HARNEX_AGENTS_DIR || join(XDG_CACHE_HOME || join(HOME, ".cache"), "harnex-test-agents"));
}

function folderOf(name: AgentName, version: string): string {
  return join(agentsDir(), `${name}-${version}`);
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
async function install(name: AgentName, version: string): Promise<void> {
  const folder = folderOf(name, version);
  if (isFile(programIn(folder, name))) return console.log(`${name} ${version} is there`);
  const partial = `${folder}.${Deno.pid}.part`;
  await Deno.mkdir(partial, { recursive: true });
  try {
    const wanted = `${versions[name].package}@${version}`;
    await npm(["install", "--prefix", partial, "--no-audit", "--no-fund", "--loglevel=error", wanted]);
    await assertVersion(programIn(partial, name), version);
    await Deno.remove(folder, { recursive: true }).catch(() => {});
    await Deno.rename(partial, folder);
  } finally {
    await Deno.remove(partial, { recursive: true }).catch(() => {});
  }
  console.log(`${name} ${version} installed`);
}

async function npm(args: readonly string[]): Promise<string> {
  const { success, stdout, stderr } = await new Deno.Command("npm", { args: [...args], stdin: "null" }).output();
  if (!success) throw new Error(`npm ${args.join(" ")}: ${new TextDecoder().decode(stderr).trim()}`);
  return new TextDecoder().decode(stdout).trim();
}

/** What the program itself says, not what was asked for. */
async function assertVersion(program: string, version: string): Promise<void> {
  const { stdout, stderr } = await new Deno.Command(program, { args: ["--version"], stdin: "null" }).output();
  const said = new TextDecoder().decode(stdout).trim();
  if (said.includes(version)) return;
  throw new Error(`${program} --version said "${said}${new TextDecoder().decode(stderr)}", not ${version}`);
}

/** Writes what npm calls the latest version of each agent into `versions.json`. */
async function takeNewest(): Promise<void> {
  for (const name of AGENT_NAMES) {
    const newest = await npm(["view", versions[name].package, "version"]);
    if (newest !== versions[name].latest) {
      console.log(`${name}: ${newest} is new, the latest was ${versions[name].latest}`);
    }
    versions[name].latest = newest;
  }
  const rows = AGENT_NAMES.map((name) => {
    const fields = Object.entries(versions[name]).map(([key, value]) =>
      `${JSON.stringify(key)}: ${JSON.stringify(value)}`
    );
    return `  ${JSON.stringify(name)}: { ${fields.join(", ")} }`;
  });
  await Deno.writeTextFile(new URL("versions.json", import.meta.url), `{\n${rows.join(",\n")}\n}\n`);
}

/** Installs each agent in the versions of these sets; `newest` first asks npm what is the latest. */
export async function installAgents(sets: readonly AgentSet[], { newest }: { newest: boolean }): Promise<void> {
  if (newest) await takeNewest();
  console.log(`real agents for tests, in ${agentsDir()}`);
  for (const name of AGENT_NAMES) {
    for (const version of new Set(sets.map((set) => agentVersion(name, set)))) await install(name, version);
  }
}

if (import.meta.main) {
  const named = AGENT_SETS.filter((set) => Deno.args.includes(set));
  if (Deno.args.includes("--path")) {
    console.log(AGENT_NAMES.map((name) => dirname(agentPath(name, named[0]))).join(":"));
    Deno.exit();
  }
  await installAgents(named.length === 0 ? AGENT_SETS : named, { newest: Deno.args.includes("--newest") });
}
