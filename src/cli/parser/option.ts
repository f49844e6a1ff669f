/**
 * Describes one option as plain data with a typed reader. There is one builder per kind of value.
 * An option's name is its key: `stallAfter` is `--stall-after`.
 */

import type { ErrorCode } from "../../model/errors.ts";
import {
  type Duration,
  type Instant,
  type IntegerRange,
  parseChoice,
  parseDuration,
  parseInstant,
  parseInteger,
  parseJsonObject,
  refuse,
} from "./value.ts";

/** What a shell may offer for a value. */
export type CompletionSource =
  | "ids"
  | "guides"
  | "recipes"
  | "topics"
  | "agents"
  | "commands"
  | "files"
  | "directories";

/** One appearance on the command line. */
export interface Occurrence {
  /** the option's name without dashes */
  readonly long: string;
  /** canonical, without dashes: `no-follow` for `--snap` */
  readonly spelling: string;
  readonly value: string | undefined;
}

export interface Given {
  /** how an error names the option: `--until` */
  readonly flag: string;
  readonly occurrences: readonly Occurrence[];
  /** value of the option's environment variable, if it has one that is set */
  readonly env: string | undefined;
}

export interface OptionSpec<Value> {
  readonly takes: "nothing" | "value" | "optional value";
  readonly help: string;
  readonly placeholder?: string;
  readonly defaultText?: string;
  readonly env?: string;
  readonly required?: boolean;
  readonly repeatable?: boolean;
  /** `--x` has the counterpart `--no-x` */
  readonly negatable?: boolean;
  /** other spellings, each with the canonical one that it stands for */
  readonly aliases?: Readonly<Record<string, string>>;
  /** the only words that are accepted */
  readonly choices?: readonly string[];
  /** words to offer; others are accepted, too */
  readonly suggestions?: readonly string[];
  readonly completes?: CompletionSource;
  /** the option that a value given to this one belongs to (`--watch PATH` is `--watch-file PATH`) */
  readonly valueGoesTo?: string;
  readonly read: (given: Given) => Value;
}

/** A table of options, seen from the values it yields. */
export type OptionsOf<Values> = { readonly [Key in keyof Values]: OptionSpec<Values[Key]> };
/** The values that a table of options (or arguments) yields. */
export type ValuesOf<Table> = {
  readonly [Key in keyof Table]: Table[Key] extends { read: (given: never) => infer Value } ? Value : never;
};

/** What every builder takes. */
interface Common {
  readonly help: string;
  readonly placeholder?: string;
  readonly env?: string;
  readonly defaultText?: string;
  readonly completes?: CompletionSource;
  readonly suggestions?: readonly string[];
  readonly aliases?: Readonly<Record<string, string>>;
}

export function flag(help: string, more: Pick<Common, "aliases"> = {}): OptionSpec<boolean> {
  return { takes: "nothing", help, ...more, read: (given) => given.occurrences.length > 0 };
}

/** `--x` or `--no-x`; the last one counts; undefined when neither was given. */
export function toggle(help: string, more: Pick<Common, "aliases"> = {}): OptionSpec<boolean | undefined> {
  const read = (given: Given) => {
    const last = given.occurrences.at(-1);
    return last === undefined ? undefined : !last.spelling.startsWith("no-");
  };
  return { takes: "nothing", negatable: true, help, ...more, read };
}

export function text(common: Common): OptionSpec<string | undefined> {
  return valued(common, (_flag, value) => value);
}

export function duration(common: Common): OptionSpec<Duration | undefined> {
  return valued({ placeholder: "DUR", ...common }, parseDuration);
}

export function integer(common: Common & { range: IntegerRange }): OptionSpec<number | undefined> {
  const { range, ...rest } = common;
  return valued({ placeholder: "N", ...rest }, (flag, value) => parseInteger(flag, value, range));
}

export function jsonObject(common: Common): OptionSpec<Readonly<Record<string, unknown>> | undefined> {
  return valued({ placeholder: "JSON", ...common }, parseJsonObject);
}

export function instant(common: Common): OptionSpec<Instant | undefined> {
  return valued({ placeholder: "TIME", ...common }, parseInstant);
}

/** `code` is the error for a word outside the list: by default a usage error. */
export function choice<const Choice extends string>(
  common: Common & { choices: readonly Choice[]; code?: ErrorCode },
): OptionSpec<Choice | undefined> {
  const { choices, code, ...rest } = common;
  const parse = (flag: string, value: string) => parseChoice(flag, value, { choices, ...(code && { code }) });
  return { ...valued({ placeholder: choices.join("|"), ...rest }, parse), choices };
}

/** `true` without a value, else the value; undefined when the option was not given. */
export function optionalText(common: Common): OptionSpec<string | true | undefined> {
  const read = (given: Given) => {
    const last = given.occurrences.at(-1);
    if (last?.value === "") throw refuse(given.flag, `the ${common.placeholder ?? "value"} after "=" is empty`);
    return last === undefined ? undefined : last.value ?? true;
  };
  return { takes: "optional value", ...common, read };
}

/** A flag after which a word, if there is one, is the value of another option. */
export function flagBefore(valueGoesTo: string, common: Common): OptionSpec<boolean> {
  return { takes: "optional value", valueGoesTo, ...common, read: (given) => given.occurrences.length > 0 };
}

/** A blank value counts as absent; surrounding blanks are removed. */
export function unlessBlank(option: OptionSpec<string | undefined>): OptionSpec<string | undefined> {
  return { ...option, read: (given) => option.read(given)?.trim() || undefined };
}

/** A blank value is refused. */
export function neverBlank(option: OptionSpec<string | undefined>): OptionSpec<string | undefined> {
  const read = (given: Given) => {
    const value = option.read(given);
    if (value?.trim() === "") throw refuse(given.flag, `the ${option.placeholder ?? "value"} is empty`);
    return value;
  };
  return { ...option, read };
}

/** A session id without surrounding blanks. */
export function sessionId(common: Common): OptionSpec<string | undefined> {
  const parse = (flag: string, value: string) => {
    const id = value.trim();
    if (id === "") throw refuse(flag, "an id must not be empty");
    return id;
  };
  return valued({ placeholder: "ID", completes: "ids", ...common }, parse);
}

/** The option always has a value: `value`, unless the line gives another. Help shows `text`. */
export function withDefault<Value>(
  option: OptionSpec<Value | undefined>,
  fallback: { value: NoInfer<Value>; text: string },
): OptionSpec<Value> {
  return { ...option, defaultText: fallback.text, read: (given) => option.read(given) ?? fallback.value };
}

/** The option must be given. `hint` tells the user where to find a value. */
export function required<Value>(option: OptionSpec<Value | undefined>, hint: string): OptionSpec<Value> {
  const read = (given: Given) => {
    const value = option.read(given);
    if (value === undefined) throw refuse(given.flag, `required, but not given; ${hint}`);
    return value;
  };
  return { ...option, required: true, read };
}

/** Every occurrence counts, in order. With a `hint` at least one is required. */
export function repeated<Value>(
  option: OptionSpec<Value | undefined>,
  hint?: string,
): OptionSpec<readonly Value[]> {
  const read = (given: Given) => {
    const values: Value[] = [];
    for (const occurrence of given.occurrences) {
      const value = option.read({ ...given, occurrences: [occurrence] });
      if (value !== undefined) values.push(value);
    }
    if (values.length === 0 && hint !== undefined) throw refuse(given.flag, `required, but not given; ${hint}`);
    return values;
  };
  return { ...option, repeatable: true, ...(hint !== undefined && { required: true }), read };
}

function valued<Value>(
  common: Common,
  parse: (flag: string, value: string) => Value,
): OptionSpec<Value | undefined> {
  const read = (given: Given) => {
    const value = given.occurrences.at(-1)?.value;
    if (value !== undefined) return parse(given.flag, value);
    if (given.env === undefined || given.env === "" || common.env === undefined) return undefined;
    return parse(common.env, given.env);
  };
  return { takes: "value", ...common, read };
}
