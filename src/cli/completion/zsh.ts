/** The completion stub for zsh: it asks harnex. It can be evaluated, or saved as a file `_harnex` in `$fpath`. */

export const ZSH_STUB = `#compdef harnex
# zsh completion for harnex; made by: harnex completions zsh

_harnex() {
  local -a answer candidates
  answer=("\${(@f)$(harnex __complete zsh -- "\${(@Q)words[2,CURRENT-1]}" "\${(Q)PREFIX}" 2>/dev/null)}")
  candidates=("\${(@)answer[2,-1]}")
  case $answer[1] in
    (words) _describe candidate candidates ;;
    (files | directories)
      [[ $PREFIX == --*=* ]] && compset -P 1 '*='
      if [[ $answer[1] == files ]]; then _files; else _files -/; fi
      ;;
    (*) return 1 ;;
  esac
}

if [[ $funcstack[1] == _harnex ]]; then
  _harnex "$@"
else
  compdef _harnex harnex
fi
`;
