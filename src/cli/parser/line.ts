/**
 * Reads the words after a command's name: which are options, with which values, and which are arguments. Pure;
 * throws usage errors only.
 */

import type { NamedOption } from "./description.ts";
import { createGrammar, occurrenceOf, takeValue } from "./grammar.ts";
import type { Occurrence } from "./option.ts";

export interface Line {
  /** `--help` or `-h` was among the options */
  readonly help: boolean;
  /** in the order given */
  readonly options: readonly Occurrence[];
  readonly words: readonly string[];
}

export function readLine(argv: readonly string[], known: readonly NamedOption[]): Line {
  const grammar = createGrammar(known);
  const options: Occurrence[] = [];
  const words: string[] = [];
  let help = false;
  for (let index = 0; index < argv.length; index++) {
    const token = argv[index] ?? "";
    if (token === "--") {
      words.push(...argv.slice(index + 1));
      break;
    }
    if (!looksLikeOption(token)) {
      words.push(token);
      continue;
    }
    const found = grammar.find(token, "prefix");
    if (found.kind === "unknown") throw grammar.unknown(token);
    if (found.kind === "help") {
      help = true;
      continue;
    }
    const { value, used } = takeValue(found.match, { next: argv[index + 1], grammar });
    options.push(occurrenceOf(found.match, value));
    index += used;
  }
  return { help, options, words };
}

/** `--x` and `-x`; a lone dash, a negative number and a dash before anything but a letter are words. */
function looksLikeOption(token: string): boolean {
  return token.startsWith("--") || /^-[a-z]/i.test(token);
}
