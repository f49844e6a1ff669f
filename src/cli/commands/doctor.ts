/** `harnex doctor`: its body. */

import type { Adapter } from "../../adapters/adapter.ts";
import { ADAPTERS, findAdapter } from "../../adapters/mod.ts";
import { type Check, examine, type ProbedAgent } from "../../control/doctor.ts";
import { openStore } from "../../control/store.ts";
import { sweep } from "../../session/sweep.ts";
import type { CommandContext } from "../context.ts";
import type { Output } from "../output.ts";
import type { DoctorInvocation } from "../specs/doctor.ts";
import type { Cell } from "../table.ts";
import { parseChoice } from "../value.ts";

export async function execute({ options }: DoctorInvocation, { platform, output }: CommandContext): Promise<number> {
  const store = openStore(platform);
  const swept = options.sweep ? await sweep(store, options.kill ? "kill" : "look") : undefined;
  const chosen = options.adapter.length === 0 ? ADAPTERS : options.adapter.map(namedAdapter);
  const agents: ProbedAgent[] = chosen.flatMap(({ name, probe }) =>
    probe === undefined ? [] : [{ name, probe, optional: options.adapter.length === 0 && !probe.requiredByDefault }]
  );
  const checks = await examine(store, agents);
  const ok = checks.every((check) => check.ok || check.optional === true);
  if (output.isTerminal && !options.json) printTable(checks, output);
  else output.json({ ok, checks, ...(swept === undefined ? {} : { sweep: swept }) });
  for (const check of checks) {
    if (!check.ok) {
      output.note(`harnex doctor: ${check.optional ? "warning: " : ""}${check.name}: ${check.error ?? "failed"}`);
    }
  }
  const running = swept?.orphans.filter(({ ended }) => !ended).map(({ pid, id }) => `${pid} (${id})`) ?? [];
  if (running.length > 0) {
    const advice = options.kill ? "do not end" : "still run; end them with: harnex doctor --sweep --kill";
    output.note(`harnex doctor: warning: processes of dead sessions ${advice}: ${running.join(", ")}`);
  }
  return ok ? 0 : 1;
}

/** A word that names no agent would check nothing and look healthy; `generic` is every other program. */
function namedAdapter(name: string): Adapter {
  const names = [...ADAPTERS.map((adapter) => adapter.name), "generic"];
  return findAdapter(parseChoice("--adapter", name, { choices: names }));
}

/** What is wrong, and what to do about it, is told below the table. */
function printTable(checks: readonly Check[], output: Output): void {
  output.table(
    [{ title: "CHECK" }, { title: "RESULT" }, { title: "FOUND", cut: "end" }, { title: "NEEDED", leaveOut: 1 }],
    checks.map((check) => [check.name, resultOf(check), check.found ?? "-", check.required ?? ""]),
  );
}

function resultOf({ ok, optional }: Check): Cell {
  if (ok) return { text: "ok", style: "green" };
  return optional === true ? { text: "warning", style: "yellow" } : { text: "failed", style: "red" };
}
