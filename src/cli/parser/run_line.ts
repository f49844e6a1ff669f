/**
 * Reads the words of `harnex run`, which belong to harnex or to the agent. The first word that is neither an option
 * nor an option's value is the cli; after it harnex takes only its own options, fully spelled, and after `--` none.
 * Pure; throws usage errors only.
 */

import { HarnexError } from "../../model/errors.ts";
import type { NamedOption } from "./description.ts";
import { createGrammar, type Grammar, type Match, occurrenceOf, takeValue } from "./grammar.ts";
import type { Line } from "./line.ts";
import type { Occurrence } from "./option.ts";

export interface RunGrammar {
  readonly options: readonly NamedOption[];
  /** agents that harnex knows by name */
  readonly agents: readonly string[];
}

/** `words` holds the cli and then the agent's own words; it is empty only with `--help`. */
export function readRunLine(argv: readonly string[], run: RunGrammar): Line {
  const grammar = createGrammar(run.options);
  const options: Occurrence[] = [];
  const words: string[] = [];
  let help = false;
  let index = 0;

  /** Takes the option at `index`, and its value if there is one. */
  function takeOption(match: Match): void {
    if (match.option.takes === "optional value" && match.inline === undefined) {
      const value = optionalValue(argv, { index, grammar, run, hasCli: words.length > 0 });
      options.push(occurrenceOf(match, value));
      index += value === undefined ? 1 : 2;
      return;
    }
    const { value, used } = takeValue(match, { next: argv[index + 1], grammar });
    if (value === "" && match.option.takes === "optional value") {
      throw new HarnexError("usage", `missing argument: --${match.spelling}= needs a value after "="`);
    }
    options.push(occurrenceOf(match, value));
    index += 1 + used;
  }

  while (index < argv.length && argv[index] !== "--") {
    const token = argv[index] ?? "";
    const hasCli = words.length > 0;
    const found = looksLikeOption(token) ? grammar.find(token, hasCli ? "whole" : "prefix") : undefined;
    if (found?.kind === "option") {
      takeOption(found.match);
      continue;
    }
    if (found?.kind === "help") help = true;
    else if (found !== undefined && !hasCli) {
      throw grammar.unknown(token, "Options of the agent go after its name.");
    } else words.push(token);
    index++;
  }
  if (words[0] === undefined) {
    if (help) return { help, options, words };
    const where = argv[index] === "--" ? 'before "--"' : "such as: harnex run codex";
    throw new HarnexError("usage", `missing argument: name the agent to run, ${where}`);
  }
  if (words[0] === "") throw new HarnexError("usage", "the name of the agent to run is empty");
  words.push(...argv.slice(index + 1));
  return { help, options, words };
}

/**
 * The word after `--tmux` or `--watch`, if it is the option's value. After the cli every word is. Before the cli the
 * word may be the cli itself: it is a value only if another word can be the cli.
 */
function optionalValue(
  argv: readonly string[],
  at: { index: number; grammar: Grammar; run: RunGrammar; hasCli: boolean },
): string | undefined {
  const word = argv[at.index + 1];
  if (word === undefined || word === "" || looksLikeOption(word)) return undefined;
  if (at.hasCli || !canBeCli(word)) return word;
  const cli = nextCli(argv, { from: at.index + 2, grammar: at.grammar });
  if (cli === undefined) return undefined;
  const isAgent = (name: string) => at.run.agents.includes(name);
  return isAgent(word) && !isAgent(cli) ? undefined : word;
}

/** The word that would be the cli if reading continued at `from`. */
function nextCli(argv: readonly string[], at: { from: number; grammar: Grammar }): string | undefined {
  let mayBeValue = false;
  for (let index = at.from; index < argv.length; index++) {
    const token = argv[index] ?? "";
    if (!looksLikeOption(token)) {
      if (canBeCli(token)) return token;
      if (!mayBeValue) return undefined;
      mayBeValue = false;
      continue;
    }
    const found = token === "--" ? undefined : at.grammar.find(token, "whole");
    if (found === undefined || found.kind === "unknown") return undefined;
    const option = found.kind === "option" && found.match.inline === undefined ? found.match.option : undefined;
    if (option?.takes === "value") index++;
    mayBeValue = option?.takes === "optional value";
  }
  return undefined;
}

/** A program's name or path: no text with blanks, such as a prompt or a window title. */
function canBeCli(word: string): boolean {
  return word !== "" && (!/\s/.test(word) || /^(\/|\.\.?\/)/.test(word));
}

/** A dash and at least one more character; even `-5` before the cli is not an agent. */
function looksLikeOption(token: string): boolean {
  return token.startsWith("-") && token.length > 1;
}
