/**
 * Turns what was typed after a command's name into canonical tokens: full option names, `--name=value`, options
 * before words. Pure; throws usage errors only.
 */

import type { NamedOption } from "./description.ts";
import { canonicalToken, createGrammar, takeValue } from "./grammar.ts";

export interface NormalLine {
  /** `--help` or `-h` was among the options */
  readonly help: boolean;
  /** canonical option tokens, in the order given */
  readonly tokens: readonly string[];
  readonly words: readonly string[];
}

export function normalise(argv: readonly string[], options: readonly NamedOption[]): NormalLine {
  const grammar = createGrammar(options);
  const tokens: string[] = [];
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
    tokens.push(canonicalToken(found.match, value));
    index += used;
  }
  return { help, tokens, words };
}

/** `--x` and `-x`; a lone dash, a negative number and a dash before anything but a letter are words. */
function looksLikeOption(token: string): boolean {
  return token.startsWith("--") || /^-[a-z]/i.test(token);
}
