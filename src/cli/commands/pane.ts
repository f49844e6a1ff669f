/** `harnex pane`: its body. */

import { HarnexError } from "../../model/errors.ts";
import type { CommandContext } from "../context.ts";
import type { PaneInvocation } from "../specs/pane.ts";

export function execute(_invocation: PaneInvocation, _context: CommandContext): Promise<number> {
  return Promise.reject(new HarnexError("failed", "not built yet"));
}
