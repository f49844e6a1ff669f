/** The completion stub for bash: it asks harnex and quotes every candidate; it expands none. */

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
