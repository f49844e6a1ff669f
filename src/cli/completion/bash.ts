/** The completion stub for bash: it asks harnex, quotes what comes back, and expands none of it. */

export const BASH_STUB = `# bash completion for harnex; made by: harnex completions bash
# shellcheck shell=bash

_harnex() {
  local line kind=
  COMPREPLY=()
  while IFS= read -r line; do
    if [[ -z $kind ]]; then
      kind=$line
    else
      COMPREPLY+=("$(printf '%q' "$line")")
    fi
  done < <(harnex __complete bash -- "\${COMP_WORDS[@]:1:COMP_CWORD}" 2>/dev/null)
  case $kind in
    files) compopt -o default 2>/dev/null ;;
    directories) compopt -o dirnames 2>/dev/null ;;
  esac
}

complete -F _harnex harnex
`;
