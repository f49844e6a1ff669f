/** `harnex watch`: its body. */

import { resolve } from "node:path";
import { repoRootOf } from "../../client/repo.ts";
import { getLive, openStore } from "../../client/store.ts";
import { watchSession } from "../../client/watch.ts";
import type { CommandContext } from "../context.ts";
import type { WatchInvocation } from "../specs/watch.ts";
import { watchOptions } from "../parser/watch_options.ts";

export async function execute({ options }: WatchInvocation, context: CommandContext): Promise<number> {
  const { platform } = context;
  const store = openStore(platform);
  const repoRoot = await repoRootOf(platform, resolve(context.cwd, options.repo ?? "."));
  const session = await getLive(store, { id: options.id, repoRoot, cli: options.cli });
  return await watchSession(store, session, watchOptions(options, context));
}
