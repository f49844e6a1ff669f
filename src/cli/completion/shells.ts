/** The differences between shells: their stubs, how they pass words, and the form of candidates. */

import { assertNever } from "../../model/never.ts";
import { visible } from "../../text/visible.ts";
import { BASH_STUB } from "./bash.ts";
import type { Candidate, Offer, UnfinishedLine } from "./complete.ts";
import { FISH_STUB } from "./fish.ts";
import { ZSH_STUB } from "./zsh.ts";

export const SHELLS = ["bash", "zsh", "fish"] as const;
export type Shell = typeof SHELLS[number];

export const STUBS: Readonly<Record<Shell, string>> = { bash: BASH_STUB, zsh: ZSH_STUB, fish: FISH_STUB };

/** Reads the words that a stub passes. The last one is the word at the cursor. */
export function readWords(shell: Shell, words: readonly string[]): UnfinishedLine {
  const joined = shell === "bash" ? joinAtEquals(words) : words;
  return { before: joined.slice(0, -1), current: joined.at(-1) ?? "" };
}

/** bash passes `--id=cx` as three words: `--id`, `=`, `cx`. */
function joinAtEquals(words: readonly string[]): string[] {
  const joined: string[] = [];
  for (let index = 0; index < words.length; index++) {
    const word = words[index] ?? "";
    const last = joined.at(-1);
    if (word !== "=" || last === undefined || !/^--[^=]+$/.test(last)) joined.push(word);
    else joined.splice(-1, 1, `${last}=${words[++index] ?? ""}`);
  }
  return joined;
}

/**
 * The lines that a stub reads: the kind of the offer, then one candidate per line. Values with control characters are
 * left out: a line cannot hold them unchanged.
 */
export function answerLines(shell: Shell, offer: Offer, words: readonly string[]): string[] {
  if (offer.kind !== "words") return [offer.kind];
  const { candidates, start } = offer;
  const fitting = candidates.filter(({ value }) => visible(value) === value);
  return [offer.kind, ...formatted(shell, { fitting, start, words })];
}

function formatted(
  shell: Shell,
  { fitting, start, words }: { fitting: readonly Candidate[]; start: string; words: readonly string[] },
): string[] {
  switch (shell) {
    case "bash": {
      // bash replaces only the last word that it passed, and does not filter the candidates.
      const typed = words.at(-1) ?? "";
      const values = fitting.map(({ value }) => typed.startsWith(start) ? `${start}${value}` : value);
      return values.filter((value) => value.startsWith(typed === "=" ? "" : typed));
    }
    case "zsh": {
      // The form of zsh's _describe: value:help.
      const escaped = (value: string) => value.replaceAll(/[\\:]/g, (character) => `\\${character}`);
      return fitting.map(({ value, help }) => `${escaped(start + value)}${help === undefined ? "" : `:${help}`}`);
    }
    case "fish":
      return fitting.map(({ value, help }) => `${start}${value}${help === undefined ? "" : `\t${help}`}`);
    default:
      return assertNever(shell);
  }
}
