/**
 * How one command's options are spelled: finds the option that a token means and takes its value. Pure; shared by
 * the two readers of a command line (line.ts, run_line.ts). Refusals are usage errors.
 */

import { HarnexError } from "../../model/errors.ts";
import type { NamedOption } from "./description.ts";
import type { Occurrence } from "./option.ts";
import { nearest } from "./suggest.ts";
import { clip, visible } from "../../text/visible.ts";

/** An option as one token names it. */
export interface Match {
  readonly option: NamedOption;
  /** canonical, without dashes */
  readonly spelling: string;
  /** what follows `=` in the same token */
  readonly inline: string | undefined;
}

export type Lookup = { kind: "option"; match: Match } | { kind: "help" } | { kind: "unknown" };

export interface Grammar {
  /** `whole`: names must be complete; `prefix`: an unambiguous prefix is enough (an ambiguous one is a usage error). */
  find(token: string, names: "whole" | "prefix"): Lookup;
  /** Whether this token, in the place of a value, shows that the value is missing. */
  isNoValue(token: string | undefined): boolean;
  /** The usage error for a token that no option matches. */
  unknown(token: string, advice?: string): HarnexError;
}

const HELP = "help";

export function createGrammar(options: readonly NamedOption[]): Grammar {
  const spellings = new Map<string, { option: NamedOption | undefined; canonical: string }>();
  spellings.set(HELP, { option: undefined, canonical: HELP });
  for (const option of options) {
    spellings.set(option.long, { option, canonical: option.long });
    if (option.negatable) spellings.set(`no-${option.long}`, { option, canonical: `no-${option.long}` });
    for (const [alias, canonical] of Object.entries(option.aliases ?? {})) spellings.set(alias, { option, canonical });
  }

  function find(token: string, names: "whole" | "prefix"): Lookup {
    if (token === "-h") return { kind: "help" };
    const { name, inline } = splitToken(token);
    if (name === undefined || name === "") return { kind: "unknown" };
    const exact = spellings.get(name);
    const found = exact ?? (names === "prefix" ? findByPrefix(name) : undefined);
    if (found === undefined) return { kind: "unknown" };
    if (found.option === undefined) return { kind: "help" };
    return { kind: "option", match: { option: found.option, spelling: found.canonical, inline } };
  }

  function findByPrefix(name: string) {
    const hits = [...spellings].filter(([spelling]) => spelling.startsWith(name));
    const meanings = new Set(hits.map(([, hit]) => hit.canonical));
    if (meanings.size > 1) {
      const all = hits.map(([spelling]) => `--${spelling}`).join(", ");
      throw new HarnexError("usage", `ambiguous option: --${name} (${all})`);
    }
    return hits[0]?.[1];
  }

  function isNoValue(token: string | undefined): boolean {
    if (token === undefined || token === "--" || /^-[a-z]\S*$/i.test(token)) return true;
    return find(token, "whole").kind !== "unknown";
  }

  function unknown(token: string, advice?: string): HarnexError {
    const name = splitToken(token).name;
    const near = name === undefined ? undefined : nearest(name, [...spellings.keys()]);
    const invalid = `invalid option: ${clip(visible(clip(token.replace(/=.*$/s, ""), 80)), 80)}`;
    const meant = near === undefined ? "" : ` Did you mean "--${near}"?`;
    const also = advice === undefined ? "" : ` ${advice}`;
    return new HarnexError("usage", meant + also === "" ? invalid : `${invalid}.${meant}${also}`);
  }

  return { find, isNoValue, unknown };
}

/** `--name=value` → its parts; no name if the token has another form. */
function splitToken(token: string): { name: string | undefined; inline: string | undefined } {
  if (!token.startsWith("--")) return { name: undefined, inline: undefined };
  const equals = token.indexOf("=");
  if (equals < 0) return { name: token.slice(2), inline: undefined };
  return { name: token.slice(2, equals), inline: token.slice(equals + 1) };
}

/** A value may belong to another option: `--watch PATH` is `--watch-file PATH`. */
export function occurrenceOf({ option, spelling }: Match, value: string | undefined): Occurrence {
  if (value === undefined || option.valueGoesTo === undefined) return { long: option.long, spelling, value };
  return { long: option.valueGoesTo, spelling: option.valueGoesTo, value };
}

/**
 * The value of an option that is not optional, from its own token or the next one.
 * `used` says how many further tokens it took.
 */
export function takeValue(
  match: Match,
  source: { next: string | undefined; grammar: Grammar },
): { value: string | undefined; used: 0 | 1 } {
  const { option, inline } = match;
  if (option.takes === "nothing") {
    if (inline === undefined) return { value: undefined, used: 0 };
    throw new HarnexError("usage", `needless argument: --${match.spelling} takes no value`);
  }
  if (inline !== undefined || option.takes === "optional value") return { value: inline, used: 0 };
  if (source.next !== undefined && !source.grammar.isNoValue(source.next)) return { value: source.next, used: 1 };
  const hint = source.next?.startsWith("-") && source.next !== "--"
    ? ` (a value that begins with a dash is written --${match.spelling}=VALUE)`
    : "";
  throw new HarnexError("usage", `missing argument: --${match.spelling} ${option.placeholder ?? "VALUE"}${hint}`);
}
