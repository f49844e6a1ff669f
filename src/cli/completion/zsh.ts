/** The completion script for zsh; it works when evaluated and as a file `_harnex` in `$fpath`. */

import { assertNever } from "../../model/never.ts";
import { quotedForShell } from "../../text/quoting.ts";
import type { CommandDescription } from "../parser/description.ts";
import { actionsForValues, type Offer, offersForWords, shownCommands, spellingsOf } from "./offer.ts";

const HEAD = `#compdef harnex
# zsh completion for harnex; made by: harnex completions zsh

_harnex_live() {
  local -a values
  values=(\${(f)"$(harnex __complete $1 2>/dev/null)"})
  compadd -a values
}

_harnex() {
  local current=\${words[CURRENT]} previous=\${words[CURRENT-1]}
  local -a commands options
  if [[ $current == --*=* ]]; then
    previous=\${current%%=*}
    current=\${current#*=}
    compset -P '*='
  fi
  if (( CURRENT == 2 )); then
    commands=(`;

const TAIL = `}

if [[ $funcstack[1] == _harnex ]]; then
  _harnex "$@"
else
  compdef _harnex harnex
fi
`;

export function zshScript(commands: readonly CommandDescription[]): string {
  const shown = shownCommands(commands);
  return [
    HEAD,
    ...shown.map((command) => `      ${described(command.name, command.summary)}`),
    "    )",
    "    _describe -t commands command commands",
    "    return",
    "  fi",
    "  case ${words[2]} in",
    ...shown.flatMap(commandCase),
    "    (*) return 1 ;;",
    "  esac",
    "  if [[ $current == -* ]]; then",
    "    _describe -o -t options option options",
    "    return",
    "  fi",
    "  case ${words[2]} in",
    ...shown.filter((command) => offersForWords(command).length > 0).map((command) =>
      `    (${command.name}) ${offersForWords(command).map(offering).join("; ")} ;;`
    ),
    "    (*) return 1 ;;",
    "  esac",
    TAIL,
  ].join("\n");
}

function commandCase(command: CommandDescription): string[] {
  const options = command.options.flatMap((option) => spellingsOf(option).map((name) => described(name, option.help)));
  const values = [...actionsForValues(command, offering)].map(([action, names]) =>
    `        (${names.join("|")}) ${action}; return ;;`
  );
  return [
    `    (${command.name})`,
    ...(values.length === 0 ? [] : ["      case $previous in", ...values, "      esac"]),
    "      options=(",
    ...[...options, described("--help", "print help")].map((option) => `        ${option}`),
    "      )",
    "      ;;",
  ];
}

function described(name: string, text: string): string {
  return quotedForShell(`${name}:${text.replaceAll(":", "\\:")}`);
}

function offering(offer: Offer): string {
  switch (offer.kind) {
    case "words":
      return `compadd -- ${offer.words.map(quotedForShell).join(" ")}`;
    case "live":
      return `_harnex_live ${offer.source}`;
    case "files":
      return "_files";
    case "directories":
      return "_files -/";
    case "nothing":
      return "_message value";
    default:
      return assertNever(offer);
  }
}
