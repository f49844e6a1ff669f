/**
 * The program: the table of commands, the way from words to a command's body, and from a thrown error to an exit
 * code. A command is loaded only when it is named; the overview loads none.
 */

import { HarnexError, Interrupted } from "../model/errors.ts";
import { quoted } from "../text/visible.ts";
import type { CommandContext, CommandTable, ProgramContext } from "./context.ts";
import type { CommandSpec } from "./parser/command.ts";
import type { CommandSummary } from "./parser/description.ts";
import { renderCommand, renderOverview } from "./ui/help.ts";
import { OutputClosed } from "./ui/output.ts";
import { unknownWord } from "./unknown_word.ts";
import { asksForVersion, versionLine } from "./version_line.ts";

/** The overview's line about a command, and the module with the rest. */
interface CommandRow extends CommandSummary {
  readonly load: () => Promise<{ readonly command: CommandSpec }>;
}

/** In the order of the overview. */
const COMMANDS: readonly CommandRow[] = [
  { name: "run", summary: "start an agent in a session", load: () => import("./commands/run.ts") },
  { name: "send", summary: "send a message to a session", load: () => import("./commands/send.ts") },
  { name: "wait", summary: "wait until a session exits or reaches a state", load: () => import("./commands/wait.ts") },
  { name: "watch", summary: "watch a session and resume it when it stalls", load: () => import("./commands/watch.ts") },
  {
    name: "attach",
    summary: "show a session in your terminal and type to its agent",
    load: () => import("./commands/attach.ts"),
  },
  {
    name: "answer",
    summary: "answer the question that an agent is blocked on",
    load: () => import("./commands/answer.ts"),
  },
  { name: "stop", summary: "stop a session, including its child processes", load: () => import("./commands/stop.ts") },
  { name: "status", summary: "list live sessions and their states", load: () => import("./commands/status.ts") },
  { name: "logs", summary: "print an agent's output", load: () => import("./commands/logs.ts") },
  { name: "events", summary: "print a session's events as JSON lines", load: () => import("./commands/events.ts") },
  { name: "pane", summary: "print an agent's current screen", load: () => import("./commands/pane.ts") },
  {
    name: "explain",
    summary: "show the evidence for an agent's state",
    load: () => import("./commands/explain.ts"),
  },
  { name: "history", summary: "list running and past dispatches", load: () => import("./commands/history.ts") },
  {
    name: "doctor",
    summary: "check this machine, and clean up after a crash",
    load: () => import("./commands/doctor.ts"),
  },
  { name: "prune", summary: "delete the files of ended sessions", load: () => import("./commands/prune.ts") },
  { name: "demo", summary: "show the main commands at work, in two minutes", load: () => import("./commands/demo.ts") },
  {
    name: "guide",
    summary: "print the user guide and the references",
    load: () => import("./commands/guide.ts"),
  },
  {
    name: "agents-guide",
    summary: "print the guides for agents that use harnex",
    load: () => import("./commands/agents_guide.ts"),
  },
  { name: "recipes", summary: "print worked examples", load: () => import("./commands/recipes.ts") },
  {
    name: "completions",
    summary: "print a shell completion script",
    load: () => import("./commands/completions.ts"),
  },
  {
    name: "init-wrapper",
    summary: "write harnexw, a script that downloads and runs one pinned version",
    load: () => import("./commands/init_wrapper.ts"),
  },
  { name: "help", summary: "show the help of a command", load: () => import("./commands/help.ts") },
  { name: "version", summary: "print the version", load: () => import("./commands/version.ts") },
  // harnex calls these itself. Help, suggestions and completion leave them out.
  {
    name: "__complete",
    summary: "print what a shell can offer at the cursor",
    load: () => import("./commands/complete.ts"),
  },
  { name: "__host", summary: "be the host of a session", load: () => import("./commands/host.ts") },
  { name: "__demo-agent", summary: "the agent of the tour", load: () => import("./commands/demo_agent.ts") },
];

/** The commands, for help and completion, and for tests. */
export const TABLE = {
  rows: COMMANDS,
  find: async (name: string) => (await COMMANDS.find((row) => row.name === name)?.load())?.command,
} satisfies CommandTable;

/** Longer than any real argument; many systems allow less. */
const MAX_WORD_CHARACTERS = 1_000_000;

/** Runs one command line and reports a failure on stderr. Resolves to the exit code. */
export async function runProgram(argv: readonly string[], context: ProgramContext): Promise<number> {
  const [name = "", ...rest] = argv;
  const command = await TABLE.find(name);
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
  if (word === undefined || word === "-h" || word === "--help") output.block(renderOverview(COMMANDS));
  else if (asksForVersion([word])) output.block(versionLine());
  else throw unknownWord(word, { commands: COMMANDS, agents: await context.listAgents() });
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
 * Prints one line about the failure. A usage error starts with `harnex: ` and adds a hint; any other failure in a
 * command starts with `harnex <command>: `. A trace replaces the hint by the stack.
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
