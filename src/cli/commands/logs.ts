/** `harnex logs`: its body. */

import { HarnexError } from "../../model/errors.ts";
import type { CommandContext } from "../context.ts";
import type { LogsInvocation } from "../specs/logs.ts";

export function execute(_invocation: LogsInvocation, _context: CommandContext): Promise<number> {
  return Promise.reject(new HarnexError("failed", "not built yet"));
}
