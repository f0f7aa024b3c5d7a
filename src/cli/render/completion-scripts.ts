/**
 * What `wan completions` prints. All knowledge is in `wan __complete WORDS…`: one candidate a line, after a tab what it
 * is; `:file` or `:directory` alone where the shell shall complete paths.
 */

/** `@`, `=` and `:` break words in bash: what stands before the last of them is not part of the reply. */
const BASH = `_wan_complete() {
  local line=\${COMP_LINE:0:COMP_POINT} words=() current prefix candidate
  read -ra words <<< "$line"
  [[ $line == *[[:space:]] ]] && words+=("")
  current=\${words[\${#words[@]}-1]}
  prefix=\${current%"\${current##*[@=:]}"}
  COMPREPLY=()
  while IFS=$'\\t' read -r candidate _; do
    case $candidate in
      :file) compopt -o default ;;
      :directory) compopt -o default -o dirnames ;;
      *) COMPREPLY+=("\${candidate#"$prefix"}") ;;
    esac
  done < <("\${words[0]}" __complete "\${words[@]:1}" 2>/dev/null)
  [[ \${#COMPREPLY[@]} -eq 1 && \${COMPREPLY[0]} == *= ]] && compopt -o nospace
  return 0
}
complete -F _wan_complete wan
`;

const ZSH = `#compdef wan
_wan() {
  local -a described
  local line
  for line in "\${(@f)$("\${words[1]}" __complete "\${(@)words[2,CURRENT]}" 2>/dev/null)}"; do
    case $line in
      '') ;;
      :file) _files; return ;;
      :directory) _files -/; return ;;
      *$'\\t'*) described+=("\${\${line%%$'\\t'*}//:/\\\\:}:\${line#*$'\\t'}") ;;
      *) described+=("\${line//:/\\\\:}") ;;
    esac
  done
  _describe -t candidates wan described
}
if [[ \${funcstack[1]} == _wan ]]; then _wan "$@"; else compdef _wan wan; fi
`;

const FISH = `function __wan_complete
  set -l words (commandline -opc)
  set -l current (commandline -ct)
  for line in ($words[1] __complete $words[2..-1] "$current" 2>/dev/null)
    switch $line
      case :file
        __fish_complete_path "$current"
      case :directory
        __fish_complete_directories "$current"
      case '*'
        echo $line
    end
  end
end
complete -c wan -f -a '(__wan_complete)'
`;

export const COMPLETION_SCRIPTS = { bash: BASH, zsh: ZSH, fish: FISH } as const;
export type Shell = keyof typeof COMPLETION_SCRIPTS;
