/**
 * The program as a whole: the table of commands, from words to a command's body, and from whatever it throws to an
 * exit code. A command is loaded when it is named, and all of them for the overview.
 */

import { HarnexError, Interrupted } from "../model/errors.ts";
import { quoted } from "../text/visible.ts";
import type { CommandContext, CommandTable, ProgramContext } from "./context.ts";
import type { CommandSpec } from "./parser/command.ts";
import { renderCommand, renderOverview } from "./ui/help.ts";
import { OutputClosed } from "./ui/output.ts";
import { unknownWord } from "./unknown_word.ts";
import { versionLine } from "./version_line.ts";

/** What each command's file exports. */
interface CommandModule {
  readonly command: CommandSpec;
}

/** In the order of the overview. */
const COMMANDS: Readonly<Record<string, () => Promise<CommandModule>>> = {
  run: () => import("./commands/run.ts"),
  send: () => import("./commands/send.ts"),
  wait: () => import("./commands/wait.ts"),
  watch: () => import("./commands/watch.ts"),
  attach: () => import("./commands/attach.ts"),
  answer: () => import("./commands/answer.ts"),
  stop: () => import("./commands/stop.ts"),
  status: () => import("./commands/status.ts"),
  logs: () => import("./commands/logs.ts"),
  events: () => import("./commands/events.ts"),
  pane: () => import("./commands/pane.ts"),
  explain: () => import("./commands/explain.ts"),
  history: () => import("./commands/history.ts"),
  doctor: () => import("./commands/doctor.ts"),
  prune: () => import("./commands/prune.ts"),
  demo: () => import("./commands/demo.ts"),
  guide: () => import("./commands/guide.ts"),
  "agents-guide": () => import("./commands/agents_guide.ts"),
  recipes: () => import("./commands/recipes.ts"),
  completions: () => import("./commands/completions.ts"),
  "init-wrapper": () => import("./commands/init_wrapper.ts"),
  help: () => import("./commands/help.ts"),
  version: () => import("./commands/version.ts"),
  // Called by harnex itself: they stay out of help, suggestions and completion.
  __complete: () => import("./commands/complete.ts"),
  __host: () => import("./commands/host.ts"),
  "__demo-agent": () => import("./commands/demo_agent.ts"),
};

async function findCommand(name: string): Promise<CommandSpec | undefined> {
  const load = Object.hasOwn(COMMANDS, name) ? COMMANDS[name] : undefined;
  return load && (await load()).command;
}

/** Every command, in the order of the overview. */
export async function listCommands(): Promise<readonly CommandSpec[]> {
  const modules = await Promise.all(Object.values(COMMANDS).map((load) => load()));
  return modules.map(({ command }) => command);
}

const TABLE: CommandTable = { names: Object.keys(COMMANDS), find: findCommand, list: listCommands };

/** More than any real argument; what a system would let through is often less. */
const MAX_WORD_CHARACTERS = 1_000_000;

/** Runs one command line to its end, and reports on stderr what fails. Resolves to the exit code. */
export async function runProgram(argv: readonly string[], context: ProgramContext): Promise<number> {
  const [name = "", ...rest] = argv;
  const command = await findCommand(name);
  try {
    checkWords(argv);
    if (command !== undefined) return await runCommand(command, { argv: rest, context });
    return await runTopLevel(argv[0], context);
  } catch (error) {
    if (error instanceof OutputClosed) return 0;
    if (error instanceof Interrupted) return error.exitCode;
    return report(error, { command, context });
  }
}

async function runTopLevel(word: string | undefined, context: ProgramContext): Promise<number> {
  const { output } = context;
  if (word === undefined || word === "-h" || word === "--help") output.block(renderOverview(await listCommands()));
  else if (word === "-v" || word === "--version") output.block(versionLine());
  else throw unknownWord(word, { commands: TABLE.names, agents: await context.listAgents() });
  return 0;
}

async function runCommand(
  command: CommandSpec,
  call: { argv: readonly string[]; context: ProgramContext },
): Promise<number> {
  const { listAgents, output, platform } = call.context;
  const agents = command.words === "agent" ? await listAgents() : [];
  const prepared = command.read(call.argv, { agents, env: platform.env });
  if (prepared === "help") {
    output.block(renderCommand(command));
    return 0;
  }
  // Inherits instead of copying: the current directory may be gone, and then only a command that asks for it fails.
  const context: CommandContext = Object.create(call.context, { commands: { value: TABLE } });
  return await prepared.execute(context);
}

/**
 * One line that says what went wrong. A usage error reads `harnex: …` and adds where to read on; whatever else fails
 * in a command reads `harnex <command>: …`. A trace replaces the advice by the stack.
 */
function report(error: unknown, failed: { command: CommandSpec | undefined; context: ProgramContext }): number {
  const { output, platform } = failed.context;
  const isUsage = error instanceof HarnexError && error.code === "usage";
  const trace = platform.env.HARNEX_TRACE === "1";
  const prefix = isUsage || failed.command === undefined ? "harnex" : `harnex ${failed.command.name}`;
  output.error({ prefix, error, trace });
  if (isUsage && !trace) output.note("Try: harnex --help");
  return error instanceof HarnexError ? error.exitCode : 1;
}

function checkWords(argv: readonly string[]): void {
  for (const word of argv) {
    if (word.length > MAX_WORD_CHARACTERS) {
      throw new HarnexError("usage", `argument too long: ${quoted(word)} has ${word.length} characters`);
    }
    if (word.includes("\0")) throw new HarnexError("usage", `argument with a NUL character: ${quoted(word)}`);
  }
}
