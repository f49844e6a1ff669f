/** `harnex doctor`: its body. */

import { HarnexError } from "../../model/errors.ts";
import type { CommandContext } from "../context.ts";
import type { DoctorInvocation } from "../specs/doctor.ts";

export function execute(_invocation: DoctorInvocation, _context: CommandContext): Promise<number> {
  return Promise.reject(new HarnexError("failed", "not built yet"));
}
