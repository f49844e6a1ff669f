/** `harnex wait`: its body. */

import { HarnexError } from "../../model/errors.ts";
import type { CommandContext } from "../context.ts";
import type { WaitInvocation } from "../specs/wait.ts";

export function execute(_invocation: WaitInvocation, _context: CommandContext): Promise<number> {
  return Promise.reject(new HarnexError("failed", "not built yet"));
}
