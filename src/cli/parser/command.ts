/**
 * The description of one command as plain data, light enough to be loaded at every start; its body is loaded only
 * when it runs. `defineCommand` ties both together: the body's options are typed by the table of options.
 */

import type { ArgumentsOf, ArgumentSpec } from "./argument.ts";
import type { CommandContext } from "../context.ts";
import type { Occurrence, OptionsOf, OptionSpec } from "./option.ts";

/** What a body gets: `Invocation<StopOptions, StopArguments>`. */
export interface Invocation<Options, Arguments = Readonly<Record<never, never>>> {
  readonly options: Options;
  readonly arguments: Arguments;
}

/** A parsed command line: canonical occurrences by option name, and the words for each argument in order. */
export interface ParsedLine {
  readonly occurrences: ReadonlyMap<string, readonly Occurrence[]>;
  readonly words: readonly (readonly string[])[];
}

export interface Example {
  readonly note: string;
  readonly command: string;
}

export interface NamedOption extends OptionSpec<unknown> {
  /** without dashes: `stall-after` */
  readonly long: string;
}

/** What help says about a command. */
export interface CommandTexts {
  readonly name: string;
  /** half a line, for the overview */
  readonly summary: string;
  readonly paragraph: string;
  /** each without the leading `harnex` */
  readonly usage: readonly string[];
  readonly examples: readonly Example[];
  readonly gotchas: readonly string[];
  readonly exitStatus: readonly (readonly [code: string, meaning: string])[];
  readonly hidden?: boolean;
  /** `agent`: the words after the agent's name are the agent's (see run_arguments.ts) */
  readonly words?: "agent";
}

/** A command with its value types erased, as parser, help and completions see it. */
export interface CommandSpec extends CommandTexts {
  readonly options: readonly NamedOption[];
  readonly arguments: readonly ArgumentSpec<unknown>[];
  /** Reads and checks every value; a usage error is thrown here. Nothing is done yet. */
  prepare(line: ParsedLine, env: Readonly<Record<string, string | undefined>>): PreparedCommand;
}

export interface PreparedCommand {
  readonly invocation: Invocation<object, object>;
  /** Loads the body and runs it. Resolves to the exit code. */
  execute(context: CommandContext): Promise<number>;
}

export interface CommandDefinition<Options extends object, Arguments extends object> extends CommandTexts {
  readonly options: OptionsOf<Options>;
  readonly arguments: ArgumentsOf<Arguments>;
  /** What no single option can tell: throws a HarnexError. */
  readonly check?: (invocation: Invocation<Options, Arguments>) => void;
  readonly load: () => Promise<CommandBody<Options, Arguments>>;
}

export interface CommandBody<Options, Arguments> {
  execute(invocation: Invocation<Options, Arguments>, context: CommandContext): Promise<number>;
}

export function defineCommand<Options extends object, Arguments extends object>(
  definition: CommandDefinition<Options, Arguments>,
): CommandSpec {
  const { options, arguments: argumentTable, check, load, ...texts } = definition;
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
    return { invocation, execute: async (context) => await (await load()).execute(invocation, context) };
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
