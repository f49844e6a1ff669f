/** `harnex events`: its body. */

import { HarnexError } from "../../model/errors.ts";
import type { CommandContext } from "../context.ts";
import type { EventsInvocation } from "../specs/events.ts";

export function execute(_invocation: EventsInvocation, _context: CommandContext): Promise<number> {
  return Promise.reject(new HarnexError("failed", "not built yet"));
}
