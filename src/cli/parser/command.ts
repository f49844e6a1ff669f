/**
 * Ties a command's description to its body: the table of options gives the body's options their types. Reading a
 * command line goes from words to an invocation in one pass.
 */

import { HarnexError } from "../../model/errors.ts";
import { quoted } from "../../text/visible.ts";
import type { CommandContext } from "../context.ts";
import type { ArgumentsOf, ArgumentSpec } from "./argument.ts";
import type { CommandDescription, CommandTexts, NamedOption } from "./description.ts";
import { readLine } from "./line.ts";
import type { Occurrence, OptionsOf, ValuesOf } from "./option.ts";
import { readRunLine } from "./run_line.ts";

type None = Readonly<Record<never, never>>;

/** What a body gets. */
export interface Invocation<Options = None, Arguments = None> {
  readonly options: Options;
  readonly arguments: Arguments;
}

/** The same, from the tables of options and of arguments: `InvocationOf<typeof OPTIONS>`. */
export type InvocationOf<OptionTable, ArgumentTable = None> = Invocation<
  ValuesOf<OptionTable>,
  ValuesOf<ArgumentTable>
>;

/** A command as the program runs it. */
export interface CommandSpec extends CommandDescription {
  /** Reads the words after the command's name and checks every value. Throws for a wrong one. Has no effects. */
  read(argv: readonly string[], world: World): PreparedCommand | "help";
}

/** What a command line is read against. */
export interface World {
  /** agents that harnex knows by name */
  readonly agents: readonly string[];
  readonly env: Readonly<Record<string, string | undefined>>;
}

export interface PreparedCommand {
  readonly invocation: Invocation<object, object>;
  /** Resolves to the exit code. */
  execute(context: CommandContext): Promise<number>;
}

export interface CommandDefinition<Options extends object, Arguments extends object> extends CommandTexts {
  readonly options: OptionsOf<Options>;
  readonly arguments: ArgumentsOf<Arguments>;
  /** Checks that involve several options: throws a HarnexError. */
  readonly check?: (invocation: Invocation<Options, Arguments>) => void;
  /** The body. Resolves to the exit code. */
  readonly execute: (invocation: Invocation<Options, Arguments>, context: CommandContext) => Promise<number>;
}

export function defineCommand<Options extends object, Arguments extends object>(
  definition: CommandDefinition<Options, Arguments>,
): CommandSpec {
  const { options, arguments: argumentTable, check, execute, ...texts } = definition;
  const named: NamedOption[] = [];
  for (const key in options) named.push({ ...options[key], long: longName(key) });
  const positional: ArgumentSpec<unknown>[] = [];
  for (const key in argumentTable) positional.push(argumentTable[key]);

  function read(argv: readonly string[], { agents, env }: World): PreparedCommand | "help" {
    const line = texts.words === "agent" ? readRunLine(argv, { options: named, agents }) : readLine(argv, named);
    if (line.help) return "help";
    const words = assignWords(line.words, { name: texts.name, arguments: positional });
    const invocation = {
      options: readOptions(options, { occurrences: line.options, env }),
      arguments: readArguments(argumentTable, words),
    };
    check?.(invocation);
    return { invocation, execute: (context) => execute(invocation, context) };
  }
  return { ...texts, options: named, arguments: positional, read };
}

/** `stallAfter` → `stall-after` */
export function longName(key: string): string {
  return key.replaceAll(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);
}

/** The words of each argument, in order. Throws a usage error for a missing argument and for a word too many. */
function assignWords(
  words: readonly string[],
  { name, arguments: known }: Pick<CommandDescription, "name" | "arguments">,
): readonly (readonly string[])[] {
  const missing = known.slice(words.length).find(({ required }) => required);
  if (missing !== undefined) {
    const choices = missing.choices === undefined ? "" : ` (${missing.choices.join(", ")})`;
    throw new HarnexError("usage", `missing argument: ${missing.placeholder}${choices}`);
  }
  const extra = known.some(({ variadic }) => variadic) ? undefined : words[known.length];
  if (extra !== undefined) {
    throw new HarnexError("usage", `needless argument: ${name} does not take ${quoted(extra)}`);
  }
  return known.map(({ variadic }, index) => words.slice(index, variadic ? undefined : index + 1));
}

function readOptions<Values extends object>(
  table: OptionsOf<Values>,
  given: { occurrences: readonly Occurrence[]; env: World["env"] },
): Values {
  const values: Partial<Values> = {};
  for (const key in table) {
    const option = table[key];
    const long = longName(key);
    values[key] = option.read({
      flag: `--${long}`,
      occurrences: given.occurrences.filter((occurrence) => occurrence.long === long),
      env: option.env === undefined ? undefined : given.env[option.env],
    });
  }
  return complete(values, table);
}

function readArguments<Values extends object>(
  table: ArgumentsOf<Values>,
  words: readonly (readonly string[])[],
): Values {
  const values: Partial<Values> = {};
  let position = 0;
  for (const key in table) values[key] = table[key].read(words[position++] ?? []);
  return complete(values, table);
}

function complete<Values extends object>(
  values: Partial<Values>,
  table: Readonly<Record<keyof Values, unknown>>,
): Values {
  if (!hasAll(values, table)) throw new TypeError("an option was left out");
  return values;
}

function hasAll<Values extends object>(
  values: Partial<Values>,
  table: Readonly<Record<keyof Values, unknown>>,
): values is Values {
  return Object.keys(table).every((key) => key in values);
}
