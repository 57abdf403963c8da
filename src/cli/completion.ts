import { MothballError } from '../errors.ts';
import type { Context } from './context.ts';
import { exit, type ExitCode } from './exit-code.ts';

/** A script for the shell. What may come next is asked of the program itself, at each tab. */
export async function completion({ io }: Context, [shell = '']: readonly string[]): Promise<ExitCode> {
  io.out(script(shell));
  return exit.ok;
}

function script(shell: string): string {
  switch (shell) {
    case 'bash':
      return bash;
    case 'zsh':
      return zsh;
    case 'fish':
      return fish;
    default:
      throw new MothballError(
        { fact: `completion supports bash, zsh and fish, not "${shell}"` },
        { code: 'usage' },
      );
  }
}

// `:` and `=` break words in bash, but not in names of accounts. Where one is the word, what comes after it is replaced.
const bash = `# bash: source <(mothball completion bash)
_mothball() {
  local line current before last word
  local -a words replies
  line="\${COMP_LINE:0:COMP_POINT}"
  read -r -a words <<< "$line"
  if [[ "$line" == *[[:space:]] ]]; then words+=(""); fi
  current="\${words[-1]}"
  last="\${COMP_WORDS[COMP_CWORD]}"
  if [[ "$last" == [:=] ]]; then last=""; fi
  before="\${current%"$last"}"
  if [[ "$current" == [\\"\\']* ]]; then current="\${current:1}"; fi
  words[-1]="\${current//\\\\/}"
  local IFS=$'\\n'
  replies=($("\${COMP_WORDS[0]}" __complete -- "\${words[@]:1}" 2>/dev/null | cut -f 1))
  COMPREPLY=()
  for word in "\${replies[@]}"; do
    word="\${word#"$before"}"
    if [[ -n "$word" && "$last" != [\\"\\']* ]]; then printf -v word %q "$word"; fi
    COMPREPLY+=("$word")
  done
  if [[ "\${#COMPREPLY[@]}" -eq 1 && "\${COMPREPLY[0]}" == *: ]]; then compopt -o nospace; fi
}
complete -o default -F _mothball mothball`;

// Put into a file of $fpath, the script is the function that is called at the first tab.
const zsh = `#compdef mothball
# zsh: mothball completion zsh > "\${fpath[1]}/_mothball"
_mothball() {
  local -a closed open
  local word about
  local -i failed=1
  while IFS=$'\\t' read -r word about; do
    if [[ "$word" == *: ]]; then
      open+=("\${word//:/\\\\:}")
    else
      closed+=("\${word//:/\\\\:}\${about:+:$about}")
    fi
  done < <("\${(Q)words[1]}" __complete -- "\${(@Q)words[2,CURRENT-1]}" "\${(Q)PREFIX}" 2>/dev/null)
  if (( ! $#closed && ! $#open )); then
    _files
    return
  fi
  (( $#closed )) && _describe mothball closed && failed=0
  (( $#open )) && _describe mothball open -S '' && failed=0
  return failed
}
if [[ "\${funcstack[1]}" == _mothball ]]; then _mothball "$@"; else compdef _mothball mothball; fi`;

const fish = `# fish: mothball completion fish > ~/.config/fish/completions/mothball.fish
function __mothball_complete
  set -l words (commandline -opc)
  set -l current (commandline -ct | string replace -r '^["\\']' '' | string unescape)
  set -l found ($words[1] __complete -- $words[2..-1] "$current" 2>/dev/null)
  if set -q found[1]
    printf '%s\\n' $found
  else
    __fish_complete_path "$current"
  end
end
complete -c mothball -f -a '(__mothball_complete)'`;
