/** `harnex __host FILE`: the host of a session that `run` started in the background or in a tmux window. */

import { HarnexError } from "../../model/errors.ts";
import { parseLaunchSpec } from "../../model/launch.ts";
import type { RegistryRecord } from "../../model/session.ts";
import type { Platform } from "../../platform/platform.ts";
import { reportFailure, reportRegistration } from "../../store/launches.ts";
import { hostSession } from "../../host/host.ts";
import type { CommandContext } from "../context.ts";
import type { HostInvocation } from "../specs/program.ts";

export async function execute({ arguments: { file } }: HostInvocation, context: CommandContext): Promise<number> {
  const platform = await asAsked(context.platform);
  const text = await platform.files.readText(file);
  await platform.files.remove(file);
  if (text === undefined) throw new HarnexError("failed", `no launch file ${file}; use harnex run`);
  try {
    const onRegistered = (record: RegistryRecord) => reportRegistration(platform.files, file, record);
    return (await hostSession(parseLaunchSpec(text), platform, { onRegistered })).code;
  } catch (error) {
    await reportFailure(platform.files, file, error);
    throw error;
  }
}

/** The world as it is, unless a test of harnex asks for a broken one. */
async function asAsked(platform: Platform): Promise<Platform> {
  const asked = platform.env["HARNEX_FAULT"];
  if (asked === undefined || asked === "") return platform;
  const { parseFaults, withFaults } = await import("../../platform/faults.ts");
  return withFaults(platform, parseFaults(asked));
}
