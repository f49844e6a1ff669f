/** Command lines of random words, and the check that reading one loses none of them. */

import fc from "fast-check";
import type { NamedOption } from "../../src/cli/parser/description.ts";
import type { Line } from "../../src/cli/parser/line.ts";
import type { Occurrence } from "../../src/cli/parser/option.ts";
import { HarnexError } from "../../src/model/errors.ts";
import { deepEqual } from "./assert.ts";

/** `--name` or `--name=value` */
export function tokenOf({ spelling, value }: Occurrence): string {
  return value === undefined ? `--${spelling}` : `--${spelling}=${value}`;
}

/** Lines of options in every spelling, values, other words, foreign options and `--`; all values differ. */
export function optionWords(options: readonly NamedOption[]): fc.Arbitrary<string[]> {
  const spellings = options.flatMap(({ long, negatable, aliases }) => [
    long,
    ...(negatable ? [`no-${long}`] : []),
    ...Object.keys(aliases ?? {}),
  ]);
  const spelling = fc.constantFrom(...spellings, "help");
  const word = fc.oneof(
    fc.constant((index: number) => `word${index}`),
    fc.constant((index: number) => `two words ${index}`),
    fc.constant((index: number) => `-${index}`),
    fc.constant((index: number) => `--foreign${index}=x`),
    fc.constant(() => "--"),
    spelling.map((name) => () => `--${name}`),
    spelling.map((name) => (index: number) => `--${name}=value${index}`),
    fc.tuple(spelling, fc.integer({ min: 1, max: 12 })).map(([name, end]) => () => `--${name.slice(0, end)}`),
  );
  return fc.array(word, { maxLength: 9 }).map((make) => make.map((one, index) => one(index)));
}

/**
 * Accounts for the words of a line from left to right: each is the next option, its value, the next argument, or the
 * one `--` that ends the options. At the end nothing may be left over. A line that is refused, or that asks for help, is
 * used for nothing.
 */
export function assertNothingLost(argv: readonly string[], read: () => Line): void {
  let line: Line;
  try {
    line = read();
  } catch (error) {
    if (error instanceof HarnexError && error.code === "usage") return;
    throw error;
  }
  if (line.help) return;
  const options = [...line.options];
  const words = [...line.words];
  let rest = [...argv];
  let ended = false;
  const unaccounted: string[] = [];
  while (rest.length > 0) {
    const [token = "", next] = rest;
    const [option] = options;
    rest = rest.slice(1);
    if (words[0] === token) words.shift();
    else if (!ended && token === "--") ended = true;
    else if (!ended && option !== undefined && /^--[^=]/.test(token)) {
      options.shift();
      const [, inline] = /^--[^=]+=(.*)$/s.exec(token) ?? [];
      if (inline !== undefined) deepEqual(option.value, inline);
      else if (option.value !== undefined) {
        deepEqual(option.value, next);
        rest = rest.slice(1);
      }
    } else unaccounted.push(token);
  }
  deepEqual({ unaccounted, options, words }, { unaccounted: [], options: [], words: [] }, JSON.stringify(argv));
}
