/** The completion script for fish. */

import { assertNever } from "../../model/never.ts";
import type { CommandDescription, NamedOption } from "../parser/description.ts";
import { type Offer, offerFor, offersForWords, shownCommands, spellingsOf } from "./offer.ts";

const HEAD = `# fish completion for harnex; made by: harnex completions fish

function __harnex_no_command
    test (count (commandline -opc)) -eq 1
end

function __harnex_command
    set -l words (commandline -opc)
    test (count $words) -gt 1; and test "$words[2]" = $argv[1]
end

complete -c harnex -f
complete -c harnex -n __harnex_no_command -s h -l help -d 'print the overview'
complete -c harnex -n __harnex_no_command -s v -l version -d 'print the version'
`;

export function fishScript(commands: readonly CommandDescription[]): string {
  const shown = shownCommands(commands);
  const lines = shown.flatMap((command) => [
    `complete -c harnex -n __harnex_no_command -a ${command.name} -d ${quotedForFish(command.summary)}`,
    ...command.options.flatMap((option) => optionLines(command, option)),
    `complete -c harnex -n '__harnex_command ${command.name}' -s h -l help -d 'print help'`,
    ...offersForWords(command).map((offer) =>
      `complete -c harnex -n '__harnex_command ${command.name}' ${values(offer)}`
    ),
  ]);
  return `${HEAD}${lines.map((line) => line.trimEnd()).join("\n")}\n`;
}

function optionLines(command: CommandDescription, option: NamedOption): string[] {
  const value = option.takes === "value" ? valueOf(offerFor(option)) : "";
  return spellingsOf(option).map((name) =>
    `complete -c harnex -n '__harnex_command ${command.name}' -l ${name.slice(2)} ${value} -d ${
      quotedForFish(option.help)
    }`.replaceAll(/ {2,}-d /g, " -d ")
  );
}

/** `-x`: a value, and no files; `-r`: a value. */
function valueOf(offer: Offer): string {
  return offer.kind === "files" ? "-r -F" : `-x ${values(offer)}`;
}

function values(offer: Offer): string {
  switch (offer.kind) {
    case "words":
      return `-a ${quotedForFish(offer.words.join(" "))}`;
    case "live":
      return `-a '(harnex __complete ${offer.source} 2>/dev/null)'`;
    case "files":
      return "-F";
    case "directories":
      return "-a '(__fish_complete_directories (commandline -ct))'";
    case "nothing":
      return "";
    default:
      return assertNever(offer);
  }
}

function quotedForFish(text: string): string {
  return `'${text.replaceAll("\\", "\\\\").replaceAll("'", "\\'")}'`;
}
