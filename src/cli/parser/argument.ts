/** The positional words of a command, described like its options: plain data with a typed reader. */

import type { CompletionSource } from "./option.ts";
import { parseChoice } from "./value.ts";

export interface ArgumentSpec<Value> {
  /** how usage and errors name it */
  readonly placeholder: string;
  readonly help: string;
  readonly required: boolean;
  readonly variadic: boolean;
  readonly choices?: readonly string[];
  readonly suggestions?: readonly string[];
  readonly completes?: CompletionSource;
  readonly read: (words: readonly string[]) => Value;
}

/** Arguments in the order of the table's keys, seen from the values they yield. */
export type ArgumentsOf<Values> = { readonly [Key in keyof Values]: ArgumentSpec<Values[Key]> };

interface Common {
  readonly placeholder: string;
  readonly help: string;
  readonly completes?: CompletionSource;
}

export function optionalWord(common: Common): ArgumentSpec<string | undefined> {
  return { required: false, variadic: false, ...common, read: (words) => words[0] };
}

/** The parser guarantees that the word exists. */
export function requiredWord(common: Common): ArgumentSpec<string> {
  return { required: true, variadic: false, ...common, read: (words) => words[0] ?? "" };
}

export function requiredChoice<const Choice extends string>(
  common: Common & { choices: readonly Choice[] },
): ArgumentSpec<Choice> {
  const read = (words: readonly string[]) => parseChoice(common.placeholder, words[0] ?? "", common);
  return { required: true, variadic: false, ...common, read };
}

export function remainingWords(common: Common): ArgumentSpec<readonly string[]> {
  return { required: false, variadic: true, ...common, read: (words) => words };
}
