/** Ties a command's description to its body: the table of options gives the body's options their types. */

import type { CommandContext } from "../context.ts";
import type { ArgumentsOf, ArgumentSpec } from "./argument.ts";
import type { CommandDescription, CommandTexts, NamedOption } from "./description.ts";
import type { Occurrence, OptionsOf, ValuesOf } from "./option.ts";

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

/** A parsed command line: canonical occurrences by option name, and the words for each argument in order. */
export interface ParsedLine {
  readonly occurrences: ReadonlyMap<string, readonly Occurrence[]>;
  readonly words: readonly (readonly string[])[];
}

/** A command as the program runs it. */
export interface CommandSpec extends CommandDescription {
  /** Reads and checks every value; a usage error is thrown here. Nothing is done yet. */
  prepare(line: ParsedLine, env: Readonly<Record<string, string | undefined>>): PreparedCommand;
}

export interface PreparedCommand {
  readonly invocation: Invocation<object, object>;
  /** Resolves to the exit code. */
  execute(context: CommandContext): Promise<number>;
}

export interface CommandDefinition<Options extends object, Arguments extends object> extends CommandTexts {
  readonly options: OptionsOf<Options>;
  readonly arguments: ArgumentsOf<Arguments>;
  /** What no single option can tell: throws a HarnexError. */
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

  function prepare(line: ParsedLine, env: Readonly<Record<string, string | undefined>>): PreparedCommand {
    const invocation = {
      options: readOptions(options, { line, env }),
      arguments: readArguments(argumentTable, line),
    };
    check?.(invocation);
    return { invocation, execute: (context) => execute(invocation, context) };
  }
  return { ...texts, options: named, arguments: positional, prepare };
}

/** `stallAfter` → `stall-after` */
export function longName(key: string): string {
  return key.replaceAll(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);
}

function readOptions<Values extends object>(
  table: OptionsOf<Values>,
  source: { line: ParsedLine; env: Readonly<Record<string, string | undefined>> },
): Values {
  const values: Partial<Values> = {};
  for (const key in table) {
    const option = table[key];
    const long = longName(key);
    values[key] = option.read({
      flag: `--${long}`,
      occurrences: source.line.occurrences.get(long) ?? [],
      env: option.env === undefined ? undefined : source.env[option.env],
    });
  }
  return complete(values, table);
}

function readArguments<Values extends object>(table: ArgumentsOf<Values>, line: ParsedLine): Values {
  const values: Partial<Values> = {};
  let position = 0;
  for (const key in table) values[key] = table[key].read(line.words[position++] ?? []);
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
