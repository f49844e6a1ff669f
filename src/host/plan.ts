/** Decides how the agent will be started. Everything that can be refused is refused here, before that. */

import { resolve } from "node:path";
import type { Adapter, LaunchPlan, LaunchRequest } from "../adapters/adapter.ts";
import { AGENTS } from "../adapters/mod.ts";
import { HarnexError } from "../model/errors.ts";
import { type LaunchSpec, namedInMeta } from "../model/launch.ts";
import type { Files, Platform } from "../platform/platform.ts";
import { installedVersion, refuseOld } from "./agent_version.ts";
import { readAgentFile } from "../store/agent_files.ts";
import { localOrigin } from "../text/host_name.ts";

/** A longer context does not fit into one argument of a Linux process (128 KiB) once quoted; it goes by the inbox. */
const ARGUMENT_LIMIT = 64 * 1024;

export interface AgentPlan {
  adapter: Adapter;
  request: LaunchRequest;
  /** with the program's absolute path in front */
  plan: LaunchPlan;
  /** the first task, with its header */
  context: string | undefined;
  /** the agent's version, where the files beside its program have it */
  version: string | undefined;
}

/** The places of the session that its agent may know. */
export interface PlanPlace {
  hookUrl: string;
  folder: string;
}

export async function planAgent(launch: LaunchSpec, platform: Platform, place: PlanPlace): Promise<AgentPlan> {
  const taught = await readAgentFile(platform.files, launch.env, launch.cli);
  const adapter = await AGENTS.find(launch.cli, { taught, drive: launch.legacyPty ? "legacy" : "usual" });
  const context = launch.context === undefined ? undefined : `[harnex session id=${launch.id}] ${launch.context}`;
  const named = adapter.settingsFile?.(launch.args);
  const settingsText = named === undefined ? undefined : await platform.files.readText(resolve(launch.cwd, named));
  const find = (name: string) => platform.processes.findProgram(name, launch.env["PATH"], launch.cwd);
  const version = await versionInFiles(adapter, { find, files: platform.files });
  const request: LaunchRequest = {
    own: { ...place, uuid: randomUuid(platform), ...(settingsText === undefined ? {} : { settingsText }) },
    args: launch.args,
    cwd: launch.cwd,
    ...(context === undefined || context.length > ARGUMENT_LIMIT ? {} : { context }),
    ...(launch.model === undefined ? {} : { model: launch.model }),
    ...(launch.effort === undefined ? {} : { effort: launch.effort }),
    meta: namedInMeta(launch),
    approvals: launch.approvals,
    trust: launch.trust,
    env: launch.env,
    isRoot: platform.system.uid === 0,
    ...(version === undefined ? {} : { version }),
  };
  const plan = adapter.plan(request);
  const [name = launch.cli, ...args] = plan.argv;
  const program = await find(name);
  if (program === undefined) {
    throw new HarnexError("not_found", `"${name}" not found — is it installed and on your PATH?`);
  }
  if (version !== undefined && adapter.probe !== undefined) refuseOld(adapter.probe, adapter.name, version);
  return { adapter, request, plan: { ...plan, argv: [program, ...args] }, context, version };
}

/** The version of the installed agent as its files say, before anything of it is started. */
async function versionInFiles(
  adapter: Adapter,
  { find, files }: { find: (name: string) => Promise<string | undefined>; files: Files },
): Promise<string | undefined> {
  const program = adapter.probe?.argv[0] === undefined ? undefined : await find(adapter.probe.argv[0]);
  return program === undefined ? undefined : await installedVersion(adapter, program, files);
}

/** A version 4 UUID. */
function randomUuid(platform: Platform): string {
  const hex = platform.randomHex(16);
  const variant = "89ab"[Number.parseInt(hex.charAt(16), 16) % 4];
  return [
    hex.slice(0, 8),
    hex.slice(8, 12),
    `4${hex.slice(13, 16)}`,
    `${variant}${hex.slice(17, 20)}`,
    hex.slice(20),
  ].join("-");
}

/** The address that the agent's hooks post to. */
export function hookUrl(host: string, port: number): string {
  return `${localOrigin(host, port)}/signals`;
}

/** Writes the files that the agent is started with; they are removed when this is disposed. */
export async function layOutFiles(
  plan: LaunchPlan,
  { files, folder }: { files: Files; folder: string },
): Promise<AsyncDisposable> {
  if (plan.files === undefined || plan.files.length === 0) return { [Symbol.asyncDispose]: () => Promise.resolve() };
  await files.makeDirectory(folder);
  for (const { path, text } of plan.files) await files.replace(path, text);
  // A file that cannot be removed is overwritten by the next run of the id.
  return { [Symbol.asyncDispose]: () => files.removeTree(folder).catch(() => undefined) };
}
