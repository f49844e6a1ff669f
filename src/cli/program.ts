/**
 * The program as a whole: the table of commands, from words to a command's body, and from whatever it throws to an
 * exit code. The only module that knows the parser.
 */

import { parseArgs } from "node:util";
import { HarnexError, Interrupted } from "../model/errors.ts";
import type { CommandSpec, ParsedLine, PreparedCommand } from "./parser/command.ts";
import type { CommandContext, ProgramContext } from "./context.ts";
import { renderCommand, renderOverview } from "./ui/help.ts";
import { normalise, type NormalLine } from "./parser/normalise.ts";
import type { Occurrence } from "./parser/option.ts";
import { OutputClosed } from "./ui/output.ts";
import { splitRunArguments } from "./parser/run_arguments.ts";
import { ANSWER } from "./specs/answer.ts";
import { ATTACH } from "./specs/attach.ts";
import { DEMO_AGENT } from "./specs/demo_agent.ts";
import { DEMO, DOCTOR } from "./specs/doctor.ts";
import { EXPLAIN } from "./specs/explain.ts";
import { EVENTS } from "./specs/events.ts";
import { INIT_WRAPPER } from "./specs/init_wrapper.ts";
import { HISTORY, PRUNE } from "./specs/history.ts";
import { LOGS } from "./specs/logs.ts";
import { PANE } from "./specs/pane.ts";
import { COMPLETE, COMPLETIONS, HELP, HOST, VERSION_COMMAND } from "./specs/program.ts";
import { RUN } from "./specs/run.ts";
import { SEND } from "./specs/send.ts";
import { STATUS } from "./specs/status.ts";
import { STOP } from "./specs/stop.ts";
import { AGENTS_GUIDE, GUIDE, RECIPES } from "./specs/texts.ts";
import { WAIT } from "./specs/wait.ts";
import { WATCH } from "./specs/watch.ts";
import { nearest } from "./parser/suggest.ts";
import { versionLine } from "./version_line.ts";
import { quoted } from "../text/visible.ts";

/** In the order of the overview. */
export const COMMANDS: readonly CommandSpec[] = [
  RUN,
  SEND,
  WAIT,
  WATCH,
  ATTACH,
  ANSWER,
  STOP,
  STATUS,
  LOGS,
  EVENTS,
  PANE,
  EXPLAIN,
  HISTORY,
  DOCTOR,
  PRUNE,
  DEMO,
  GUIDE,
  AGENTS_GUIDE,
  RECIPES,
  COMPLETIONS,
  INIT_WRAPPER,
  HELP,
  VERSION_COMMAND,
  COMPLETE,
  HOST,
  DEMO_AGENT,
];

/** More than any real argument; what a system would let through is often less. */
const MAX_WORD_CHARACTERS = 1_000_000;

/** Runs one command line to its end. Everything that fails is told on stderr; resolves to the exit code. */
export async function runProgram(argv: readonly string[], context: ProgramContext): Promise<number> {
  const command = COMMANDS.find((candidate) => candidate.name === argv[0]);
  try {
    checkWords(argv);
    if (command !== undefined) return await runCommand(command, { argv: argv.slice(1), context });
    return await runTopLevel(argv[0], context);
  } catch (error) {
    if (error instanceof OutputClosed) return 0;
    if (error instanceof Interrupted) return error.exitCode;
    return report(error, { command, context });
  }
}

async function runTopLevel(word: string | undefined, context: ProgramContext): Promise<number> {
  if (word === undefined || word === "-h" || word === "--help") context.output.block(renderOverview(COMMANDS));
  else if (word === "-v" || word === "--version") context.output.block(versionLine());
  else throw unknownWord(word, await context.listAgents());
  return 0;
}

/** Commands of older versions, and what came in their place. */
const REMOVED: Readonly<Record<string, string>> = {
  skills: "what it installed are now the guides: read them with harnex agents-guide",
};

/** The usage error for a first word that is neither command nor option. */
export function unknownWord(word: string, agents: readonly string[]): HarnexError {
  const instead = Object.hasOwn(REMOVED, word) ? REMOVED[word] : undefined;
  if (instead !== undefined) {
    return new HarnexError("usage", `there is no command ${quoted(word)} any more: ${instead}`);
  }
  const kind = word.startsWith("-") ? "option" : "command";
  const known = kind === "option" ? ["--help", "--version"] : COMMANDS.filter((spec) => !spec.hidden).map(nameOf);
  const near = agents.includes(word) ? `harnex run ${word}` : nearest(word, known);
  const suggestion = near === undefined ? "" : `. Did you mean "${near}"?`;
  return new HarnexError("usage", `unknown ${kind} ${quoted(word)}${suggestion}`);
}

async function runCommand(
  command: CommandSpec,
  call: { argv: readonly string[]; context: ProgramContext },
): Promise<number> {
  const { listAgents, output, platform } = call.context;
  const agents = command.words === "agent" ? await listAgents() : [];
  const prepared = readCommandLine(command, { argv: call.argv, agents, env: platform.env });
  if (prepared === "help") {
    output.block(renderCommand(command));
    return 0;
  }
  // Inherits instead of copying: the current directory may be gone, and then only who asks for it fails.
  const context: CommandContext = Object.create(call.context, { commands: { value: COMMANDS } });
  return await prepared.execute(context);
}

/** Everything about a command line that can be told without running it. Throws what is wrong with it. */
export function readCommandLine(
  command: CommandSpec,
  line: { argv: readonly string[]; agents: readonly string[]; env: Readonly<Record<string, string | undefined>> },
): PreparedCommand | "help" {
  const normal = command.words === "agent"
    ? splitRunArguments(line.argv, { options: command.options, agents: line.agents })
    : normalise(line.argv, command.options);
  return normal.help ? "help" : command.prepare(parse(command, normal), line.env);
}

/** Lets the parser sort canonical tokens and words into options and arguments. */
function parse(command: CommandSpec, line: NormalLine): ParsedLine {
  const names = new Map(
    command.options.flatMap(({ long, negatable }) =>
      (negatable ? [long, `no-${long}`] : [long]).map((spelling) => [spelling, long] as const)
    ),
  );
  // A canonical token has its value in itself, so that none takes the next one: as flags do.
  const options = Object.fromEntries([...names.keys()].map((name) => [name, { type: "boolean" as const }]));
  const args = [...line.tokens, "--", ...line.words];
  const { tokens, positionals } = parseArgs({ args, options, allowPositionals: true, strict: false, tokens: true });

  const occurrences = new Map<string, Occurrence[]>();
  for (const token of tokens) {
    if (token.kind !== "option") continue;
    const long = names.get(token.name) ?? token.name;
    occurrences.set(long, [...occurrences.get(long) ?? [], { spelling: token.name, value: token.value }]);
  }
  checkCount(command, positionals);
  const words = command.arguments.map(({ variadic }, index) =>
    positionals.slice(index, variadic ? undefined : index + 1)
  );
  return { occurrences, words };
}

function checkCount({ name, arguments: known }: CommandSpec, words: readonly string[]): void {
  const missing = known.slice(words.length).find(({ required }) => required);
  if (missing !== undefined) {
    const choices = missing.choices === undefined ? "" : ` (${missing.choices.join(", ")})`;
    throw new HarnexError("usage", `missing argument: ${missing.placeholder}${choices}`);
  }
  const extra = known.some(({ variadic }) => variadic) ? undefined : words[known.length];
  if (extra !== undefined) {
    throw new HarnexError("usage", `needless argument: ${name} does not take ${quoted(extra)}`);
  }
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

function nameOf(command: CommandSpec): string {
  return command.name;
}
