/** The usage error for a first word that is neither a command nor an option, with a suggestion. */

import { HarnexError } from "../model/errors.ts";
import { quoted } from "../text/visible.ts";
import { type CommandSummary, isHidden } from "./parser/description.ts";
import { nearest } from "./parser/suggest.ts";

/** Commands of older versions, and their replacements. */
const REMOVED: Readonly<Record<string, string>> = {
  skills: "its texts are now guides; read them with: harnex agents-guide",
};

export function unknownWord(
  word: string,
  known: { commands: readonly CommandSummary[]; agents: readonly string[] },
): HarnexError {
  const instead = Object.hasOwn(REMOVED, word) ? REMOVED[word] : undefined;
  if (instead !== undefined) {
    return new HarnexError("usage", `the command ${quoted(word)} was removed: ${instead}`);
  }
  const kind = word.startsWith("-") ? "option" : "command";
  const candidates = kind === "option"
    ? ["--help", "--version"]
    : known.commands.map(({ name }) => name).filter((name) => !isHidden(name));
  const near = known.agents.includes(word) ? `harnex run ${word}` : nearest(word, candidates);
  const suggestion = near === undefined ? "" : `. Did you mean "${near}"?`;
  return new HarnexError("usage", `unknown ${kind} ${quoted(word)}${suggestion}`);
}
