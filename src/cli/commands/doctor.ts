/** `harnex doctor`: checks this machine, and cleans up after crashed sessions. */

import type { Adapter } from "../../adapters/adapter.ts";
import { AGENTS, parseTaught } from "../../adapters/mod.ts";
import { type Check, examine, type ProbedAgent, type TaughtProfile } from "../../client/doctor.ts";
import { openStore } from "../../client/store.ts";
import { HarnexError, messageOf } from "../../model/errors.ts";
import type { Platform } from "../../platform/platform.ts";
import { sweep } from "../../recovery/sweep.ts";
import { listAgentFiles, readAgentFile } from "../../store/agent_files.ts";
import type { CommandContext } from "../context.ts";
import { probeCommand } from "../probe_command.ts";
import { defineCommand, type InvocationOf } from "../parser/command.ts";
import { flag, neverBlank, repeated, text } from "../parser/option.ts";
import { EXIT_USAGE } from "../parser/shared_options.ts";
import { parseChoice } from "../parser/value.ts";
import type { Output } from "../ui/output.ts";
import type { Cell } from "../ui/table.ts";

const OPTIONS = {
  adapter: repeated(text({
    placeholder: "NAME",
    completes: "agents",
    help: "check only this agent, and require it; can be repeated",
  })),
  sweep: flag("finalize sessions whose host crashed, and find their remaining child processes"),
  kill: flag("with --sweep: kill these processes, and close dead tmux windows"),
  probe: neverBlank(text({
    placeholder: "AGENT",
    completes: "agents",
    help: "try this installed agent against a built-in mock model, in about 20 s, offline and in a throw-away home",
  })),
  json: flag("print one JSON line, even on a terminal"),
};

type Call = InvocationOf<typeof OPTIONS>;

export const command = defineCommand({
  name: "doctor",
  paragraph:
    "Checks the agents, tmux, script, git, the state directory and sessions whose host crashed. Prints every " +
    "check with its result: a table on a terminal, otherwise one JSON line.",
  usage: ["doctor [options]"],
  options: OPTIONS,
  arguments: {},
  examples: [
    { note: "before the first run, if you use only Claude Code", command: "harnex doctor --adapter claude" },
    { note: "after a crash", command: "harnex doctor --sweep --kill" },
  ],
  gotchas: [
    "Without --adapter a missing or outdated codex is a failure. Any other missing agent is a warning.",
    "Without --sweep nothing is changed. Without --kill no process is killed.",
    "--probe runs the real agent, but not with your home, your keys or your settings, and needs no network.",
    "--kill kills only processes with the marker of a session of this state directory whose host is dead.",
  ],
  exitStatus: [["0", "healthy"], ["1", "a required check failed; with --probe: something does not hold"], [
    "2",
    EXIT_USAGE,
  ]],
  check: checkDoctor,
  execute,
});

function checkDoctor({ options }: Call): void {
  if (options.probe !== undefined && (options.sweep || options.kill || options.adapter.length > 0)) {
    throw new HarnexError("usage", "--probe stands alone: it cannot be combined with --adapter, --sweep or --kill");
  }
  if (options.kill && !options.sweep) {
    throw new HarnexError(
      "usage",
      "--kill needs --sweep, which finds the processes to kill",
    );
  }
}

async function execute({ options }: Call, context: CommandContext): Promise<number> {
  const { platform, output } = context;
  if (options.probe !== undefined) {
    const format = output.isTerminal && !options.json ? "table" : "json";
    return await probeCommand(options.probe, context, format);
  }
  const store = openStore(platform);
  const swept = options.sweep ? await sweep(store, options.kill ? "kill" : "look") : undefined;
  const { adapters, profiles } = await chooseAgents(platform, options.adapter);
  const agents: ProbedAgent[] = adapters.flatMap(({ name, probe }) =>
    probe === undefined ? [] : [{ name, probe, optional: options.adapter.length === 0 && !probe.requiredByDefault }]
  );
  const checks = await examine(store, { agents, profiles });
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
    const advice = options.kill ? "could not be killed" : "still run; end them with: harnex doctor --sweep --kill";
    output.note(`harnex doctor: warning: processes of dead sessions ${advice}: ${running.join(", ")}`);
  }
  return ok ? 0 : 1;
}

/** The named agents; by default the built-in ones, the user's profiles, and shipped profiles of installed programs. */
async function chooseAgents(
  platform: Platform,
  named: readonly string[],
): Promise<{ adapters: Adapter[]; profiles: TaughtProfile[] }> {
  const { files, processes, env } = platform;
  const taught = await listAgentFiles(files, env);
  // An unknown name would check nothing and look healthy. `generic` stands for every other program.
  const known = [...new Set([...AGENTS.names, ...taught])];
  for (const name of named) parseChoice("--adapter", name, { choices: [...known, "generic"] });
  const adapters: Adapter[] = [];
  const profiles: TaughtProfile[] = [];
  for (const name of named.length === 0 ? known : new Set(named)) {
    const file = await readAgentFile(files, env, name);
    const profile = file && await profileOf(name, file);
    if (profile !== undefined) profiles.push(profile);
    const adapter = await AGENTS.find(name, { taught: profile?.problem === undefined ? file : undefined });
    const program = adapter.probe?.argv[0];
    const wanted = named.length > 0 || file !== undefined || AGENTS.builtIn.includes(name) ||
      (program !== undefined && (await processes.findProgram(program, env["PATH"], "/")) !== undefined);
    if (wanted) adapters.push(adapter);
  }
  return { adapters, profiles };
}

async function profileOf(name: string, { path, text }: { path: string; text: string }): Promise<TaughtProfile> {
  try {
    const profile = await parseTaught(name, { path, text });
    const shadows = AGENTS.builtIn.includes(name) && !profile.replaces_built_in;
    if (!shadows) return { name, path, command: profile.command };
    const problem = `${name} is built in, so this is not used; add "replaces_built_in": true, or rename or remove it`;
    return { name, path, problem };
  } catch (error) {
    return { name, path, problem: messageOf(error) };
  }
}

/** The problems and their solutions are printed below the table. */
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
