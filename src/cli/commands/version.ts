/** `harnex version`. */

import type { CommandContext } from "../context.ts";
import type { VersionInvocation } from "../specs/program.ts";
import { versionLine } from "../version_line.ts";

export function execute(_invocation: VersionInvocation, context: CommandContext): Promise<number> {
  context.output.block(versionLine());
  return Promise.resolve(0);
}
