/** `harnex __host FILE`: hosts a session that `run` started in the background or in a tmux window. */

import { HarnexError } from "../../model/errors.ts";
import { parseLaunchSpec } from "../../model/launch.ts";
import type { RegistryRecord } from "../../model/session.ts";
import type { Platform } from "../../platform/platform.ts";
import { reportFailure, reportRegistration } from "../../store/launches.ts";
import type { CommandContext } from "../context.ts";
import { requiredWord } from "../parser/argument.ts";
import { defineCommand, type InvocationOf } from "../parser/command.ts";
import { EXIT_OK, EXIT_USAGE } from "../parser/shared_options.ts";

const ARGUMENTS = { file: requiredWord({ placeholder: "file", help: "launch file, written by run" }) };
type Call = InvocationOf<Record<never, never>, typeof ARGUMENTS>;

export const command = defineCommand({
  name: "__host",
  paragraph: "Hosts the session that a launch file describes. run starts it; the format may change with any version.",
  usage: ["__host FILE"],
  options: {},
  arguments: ARGUMENTS,
  examples: [],
  gotchas: [],
  exitStatus: [["0", EXIT_OK], ["1", "the session could not be started"], ["2", EXIT_USAGE]],
  execute,
});

async function execute({ arguments: { file } }: Call, context: CommandContext): Promise<number> {
  const platform = await asAsked(context.platform);
  const text = await platform.files.readText(file);
  await platform.files.remove(file);
  if (text === undefined) throw new HarnexError("failed", `no launch file ${file}; use harnex run`);
  try {
    const onRegistered = (record: RegistryRecord) => reportRegistration(platform.files, file, record);
    const { hostSession } = await import("../../host/host.ts");
    return (await hostSession(parseLaunchSpec(text), platform, { onRegistered })).code;
  } catch (error) {
    await reportFailure(platform.files, file, error);
    throw error;
  }
}

/** The real platform, or one with the faults that a test of harnex requests. */
async function asAsked(platform: Platform): Promise<Platform> {
  const asked = platform.env["HARNEX_FAULT"];
  if (asked === undefined || asked === "") return platform;
  const { parseFaults, withFaults } = await import("../../platform/faults.ts");
  return withFaults(platform, parseFaults(asked));
}
