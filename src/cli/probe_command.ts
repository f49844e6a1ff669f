/** `harnex doctor --probe AGENT`: tries the installed agent, shows what holds, and keeps the outcome. */

import { AGENTS } from "../adapters/mod.ts";
import type { Probed } from "../client/probe/probe.ts";
import { openStore } from "../client/store.ts";
import { HarnexError, Interrupted } from "../model/errors.ts";
import { ENDING_SIGNALS } from "../platform/platform.ts";
import type { ProbeOutcome } from "../store/probes.ts";
import type { CommandContext } from "./context.ts";
import type { Output } from "./ui/output.ts";

/** Resolves to the exit code. */
export async function probeCommand(
  agent: string,
  { platform, output }: CommandContext,
  format: "table" | "json",
): Promise<number> {
  const { probe, trial } = await AGENTS.find(agent);
  if (probe === undefined || trial === undefined) throw await notProbed(agent);
  const { probeAgent } = await import("../client/probe/probe.ts");
  const aborting = new AbortController();
  // The probe ends what it has started before this process ends.
  using _signals = platform.terminal.onSignal(ENDING_SIGNALS, (signal) => aborting.abort(new Interrupted(signal)));
  const tell = (what: string) => {
    if (output.hasStatusLine && platform.terminal.isForeground()) output.statusLine(`probing ${agent}, ${what}`);
  };
  let probed: Probed;
  try {
    probed = await probeAgent(openStore(platform), { agent, probe, trial, tell, signal: aborting.signal });
  } finally {
    if (output.hasStatusLine) output.statusLine("");
  }
  const { outcome, report } = probed;
  if (format === "table") printTable(outcome, output);
  else output.json({ ...shown(outcome), ...(report === undefined ? {} : { report }) });
  for (const { ok, name, weaker } of outcome.checks) {
    if (!ok) output.note(`harnex doctor: ${name} does not hold: ${weaker ?? "it failed"}`);
  }
  if (report !== undefined) output.note(`harnex doctor: attach this report to an issue: ${report}`);
  return outcome.ok ? 0 : 1;
}

async function notProbed(agent: string): Promise<HarnexError> {
  const adapters = await Promise.all(AGENTS.names.map((name) => AGENTS.find(name)));
  const names = adapters.filter(({ trial }) => trial !== undefined).map(({ name }) => name);
  return new HarnexError("usage", `--probe: harnex cannot probe "${agent}"; it can probe: ${names.join(", ")}`);
}

/** The public fields. */
function shown({ ok, agent, version, harnex, checks }: ProbeOutcome) {
  return { ok, agent, version: version ?? null, harnex, checks };
}

function printTable({ agent, version, checks }: ProbeOutcome, output: Output): void {
  output.line(`${agent} ${version ?? "of an unknown version"}`);
  output.table(
    [{ title: "CHECK" }, { title: "RESULT" }, { title: "SEEN", cut: "end" }],
    checks.map(({ name, ok, detail }) => [
      name,
      ok ? { text: "ok", style: "green" } : { text: "failed", style: "red" },
      detail ?? "",
    ]),
  );
}
