/** `harnex doctor`: its body. */

import { ADAPTERS, findAdapter } from "../../adapters/mod.ts";
import { examine, type ProbedAgent } from "../../control/doctor.ts";
import { openStore } from "../../control/store.ts";
import { HarnexError } from "../../model/errors.ts";
import type { CommandContext } from "../context.ts";
import type { DoctorInvocation } from "../specs/doctor.ts";

export async function execute({ options }: DoctorInvocation, { platform, output }: CommandContext): Promise<number> {
  if (options.sweep) throw new HarnexError("invalid", "--sweep is not offered by this version yet");
  const chosen = options.adapter.length === 0 ? ADAPTERS : options.adapter.map((name) => findAdapter(name));
  const agents: ProbedAgent[] = chosen.flatMap(({ name, probe }) =>
    probe === undefined ? [] : [{ name, probe, optional: options.adapter.length === 0 && !probe.requiredByDefault }]
  );
  const checks = await examine(openStore(platform), agents);
  const ok = checks.every((check) => check.ok || check.optional === true);
  output.json({ ok, checks });
  for (const check of checks) {
    if (!check.ok) {
      output.note(`harnex doctor: ${check.optional ? "warning: " : ""}${check.name}: ${check.error ?? "failed"}`);
    }
  }
  return ok ? 0 : 1;
}
