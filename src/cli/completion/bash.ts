/** The completion script for bash. Live values are compared and quoted, never expanded: an id may hold anything. */

import { assertNever } from "../../model/never.ts";
import { quotedForShell } from "../../text/quoting.ts";
import type { CommandDescription } from "../parser/description.ts";
import { actionsForValues, type Offer, offersForWords, shownCommands, spellingsOf } from "./offer.ts";

const HEAD = `# bash completion for harnex; made by: harnex completions bash
# shellcheck shell=bash disable=SC2207

# Offers the lines that begin with the current word.
_harnex_live() {
  local line
  while IFS= read -r line; do
    [[ $line == "$2"* ]] && COMPREPLY+=("$(printf '%q' "$line")")
  done < <(harnex __complete "$1" 2>/dev/null)
}

_harnex_words() {
  COMPREPLY+=($(compgen -W "$1" -- "$2"))
}

_harnex_files() {
  compopt -o default 2>/dev/null
}

_harnex_directories() {
  compopt -o dirnames 2>/dev/null
}

_harnex() {
  local current=\${COMP_WORDS[COMP_CWORD]} previous=\${COMP_WORDS[COMP_CWORD-1]} options
  COMPREPLY=()
  if [[ $current == = ]]; then
    current=
  elif [[ $previous == = ]]; then
    previous=\${COMP_WORDS[COMP_CWORD-2]}
  fi
`;

const TAIL = `}

complete -F _harnex harnex
`;

export function bashScript(commands: readonly CommandDescription[]): string {
  const shown = shownCommands(commands);
  const names = [...shown.map((command) => command.name), "--help", "--version"].join(" ");
  return [
    HEAD,
    "  if ((COMP_CWORD == 1)); then",
    `    _harnex_words '${names}' "$current"`,
    "    return",
    "  fi",
    "  case ${COMP_WORDS[1]} in",
    ...shown.flatMap(commandCase),
    "    *) return ;;",
    "  esac",
    '  [[ $current == -* ]] && _harnex_words "$options" "$current"',
    TAIL,
  ].join("\n");
}

function commandCase(command: CommandDescription): string[] {
  const options = [...command.options.flatMap(spellingsOf), "--help"].join(" ");
  const values = [...actionsForValues(command, offering)].map(([action, names]) =>
    `        ${names.join(" | ")}) ${action}; return ;;`
  );
  const words = offersForWords(command).map((offer) => `      [[ $current == -* ]] || ${offering(offer)}`);
  return [
    `    ${command.name})`,
    `      options='${options}'`,
    ...(values.length === 0 ? [] : ["      case $previous in", ...values, "      esac"]),
    ...words,
    "      ;;",
  ];
}

function offering(offer: Offer): string {
  switch (offer.kind) {
    case "words":
      return `_harnex_words ${quotedForShell(offer.words.join(" "))} "$current"`;
    case "live":
      return `_harnex_live ${offer.source} "$current"`;
    case "files":
      return "_harnex_files";
    case "directories":
      return "_harnex_directories";
    case "nothing":
      return ":";
    default:
      return assertNever(offer);
  }
}
