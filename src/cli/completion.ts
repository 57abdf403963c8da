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

// `:` and `=` break words in bash, but not in names of accounts.
const bash = `# bash: source <(mothball completion bash)
_mothball() {
  local line current before
  local -a words
  line="\${COMP_LINE:0:COMP_POINT}"
  read -r -a words <<< "$line"
  if [[ "$line" == *[[:space:]] ]]; then words+=(""); fi
  current="\${words[-1]}"
  before="\${current%"\${COMP_WORDS[COMP_CWORD]}"}"
  local IFS=$'\\n'
  COMPREPLY=($("\${COMP_WORDS[0]}" __complete -- "\${words[@]:1}" 2>/dev/null | cut -f 1))
  COMPREPLY=("\${COMPREPLY[@]#"$before"}")
  if [[ "\${#COMPREPLY[@]}" -eq 1 && "\${COMPREPLY[0]}" == *: ]]; then compopt -o nospace; fi
}
complete -o default -F _mothball mothball`;

const zsh = `#compdef mothball
# zsh: mothball completion zsh > "\${fpath[1]}/_mothball"
_mothball() {
  local -a candidates
  local line word about
  while IFS=$'\\t' read -r word about; do
    word="\${word//:/\\\\:}"
    if [[ -n "$about" ]]; then candidates+=("$word:$about"); else candidates+=("$word"); fi
  done < <("\${words[1]}" __complete -- "\${(@)words[2,CURRENT]}" 2>/dev/null)
  if (( $#candidates )); then _describe mothball candidates; else _files; fi
}
compdef _mothball mothball`;

const fish = `# fish: mothball completion fish > ~/.config/fish/completions/mothball.fish
function __mothball_complete
  set -l words (commandline -opc) (commandline -ct)
  $words[1] __complete -- $words[2..-1] 2>/dev/null
end
complete -c mothball -a '(__mothball_complete)'`;
