/** `harnex stop`: its body. */

import { HarnexError } from "../../model/errors.ts";
import type { CommandContext } from "../context.ts";
import type { StopInvocation } from "../specs/stop.ts";

export function execute(_invocation: StopInvocation, _context: CommandContext): Promise<number> {
  return Promise.reject(new HarnexError("failed", "not built yet"));
}
