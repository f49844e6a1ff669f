/** `harnex init-wrapper`: its body. */

import { resolve } from "node:path";
import { writeWrapper } from "../../client/wrapper.ts";
import type { CommandContext } from "../context.ts";
import type { InitWrapperInvocation } from "../specs/init_wrapper.ts";

export async function execute({ options }: InitWrapperInvocation, context: CommandContext): Promise<number> {
  const { version, from, stateDir, force } = options;
  const written = await writeWrapper(context.platform, {
    path: resolve(context.cwd, options.path),
    version,
    existing: force ? "replace" : "keep",
    ...(from === undefined ? {} : { from }),
    ...(stateDir === undefined ? {} : { stateDir }),
  });
  context.output.json({ ok: true, ...written });
  if (stateDir !== undefined) context.output.note(`harnex init-wrapper: keep ${stateDir}/ out of git (.gitignore)`);
  return 0;
}
