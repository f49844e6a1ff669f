/** What `run` says about the probe of the agent that it starts: that it failed, or that a new version was never probed. */

import type { Adapter } from "../adapters/adapter.ts";
import { AGENTS } from "../adapters/mod.ts";
import type { Store } from "../client/store.ts";
import type { LaunchSpec } from "../model/launch.ts";
import { compareVersions } from "../model/probe.ts";
import type { Files } from "../platform/platform.ts";
import { readAgentFile } from "../store/agent_files.ts";
import { findOutcome, weakerOf } from "../store/probes.ts";

export interface ProbeNoteOptions {
  store: Store;
  /** the version of an installed program, from the files beside it */
  versionOf: (adapter: Pick<Adapter, "probe">, program: string, files: Files) => Promise<string | undefined>;
}

/** One line; undefined if there is nothing to say. */
export async function probeNote(
  { cli, cwd, env, legacyPty }: Pick<LaunchSpec, "cli" | "cwd" | "env" | "legacyPty">,
  { store: { platform, paths }, versionOf }: ProbeNoteOptions,
): Promise<string | undefined> {
  const { files, processes } = platform;
  const taught = await readAgentFile(files, env, cli);
  const { probe, trial, name } = await AGENTS.find(cli, { taught, drive: legacyPty ? "legacy" : "usual" });
  if (probe === undefined || trial === undefined) return undefined;
  const found = await processes.findProgram(probe.argv[0] ?? name, env["PATH"], cwd);
  if (found === undefined) return undefined;
  const version = await versionOf({ probe }, found, files);
  const program = await files.realPath(found) ?? found;
  const outcome = await findOutcome({ files, paths }, { program, version });
  const shown = `${name}${version === undefined ? "" : ` ${version}`}`;
  if (outcome !== undefined) return outcome.ok ? undefined : `the probe of ${shown} failed: ${weakerOf(outcome)}`;
  const isNew = version !== undefined && compareVersions(version, probe.testedUpTo) > 0;
  return isNew ? `${shown} is new to harnex and was never probed here; try: harnex doctor --probe ${name}` : undefined;
}
