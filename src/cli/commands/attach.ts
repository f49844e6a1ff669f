/** `harnex attach`: its body. */

import { resolve } from "node:path";
import { attachTerminal } from "../../client/attach.ts";
import { repoRootOf } from "../../client/repo.ts";
import { getLive, openStore } from "../../client/store.ts";
import type { CommandContext } from "../context.ts";
import type { AttachInvocation } from "../specs/attach.ts";

export async function execute({ options }: AttachInvocation, context: CommandContext): Promise<number> {
  const { platform, output } = context;
  const store = openStore(platform);
  const repoRoot = await repoRootOf(platform, resolve(context.cwd, options.repo ?? "."));
  const session = await getLive(store, { id: options.id, repoRoot, cli: options.cli });
  const left = await attachTerminal(store, session, options.readOnly ? "read" : "write");
  output.note(`harnex attach: ${left}`);
  return 0;
}
