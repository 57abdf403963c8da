import type { Command } from 'commander';
import { MothballError } from '../errors.ts';
import type { Context } from './context.ts';
import { exit, type ExitCode } from './exit-code.ts';

interface Verb {
  readonly name: string;
  readonly description: string;
  readonly options: readonly string[];
}

/** A script for the shell, made from the same program that parses the command line. */
export async function completion(
  { io }: Context,
  args: readonly string[],
  program: Command,
): Promise<ExitCode> {
  const [shell = ''] = args;
  const verbs = program.commands.map((command) => ({
    name: command.name(),
    description: command.description(),
    options: command.options.flatMap((option) => option.long ?? []),
  }));
  io.out(script(shell, verbs));
  return exit.ok;
}

function script(shell: string, verbs: readonly Verb[]): string {
  switch (shell) {
    case 'bash':
      return bash(verbs);
    case 'zsh':
      return zsh(verbs);
    case 'fish':
      return fish(verbs);
    default:
      throw new MothballError(
        { fact: `completion supports bash, zsh and fish, not "${shell}"` },
        { code: 'usage' },
      );
  }
}

function bash(verbs: readonly Verb[]): string {
  const cases = verbs.map(({ name, options }) => `    ${name}) words="${options.join(' ')}" ;;`);
  return `# bash: source <(mothball completion bash)
_mothball() {
  local current="\${COMP_WORDS[COMP_CWORD]}" words="${verbs.map(({ name }) => name).join(' ')}"
  if [ "$COMP_CWORD" -gt 1 ]; then case "\${COMP_WORDS[1]}" in
${cases.join('\n')}
    *) words="" ;;
  esac; fi
  COMPREPLY=($(compgen -W "$words" -- "$current"))
}
complete -o default -F _mothball mothball`;
}

function zsh(verbs: readonly Verb[]): string {
  const names = verbs.map(({ name, description }) => `    '${name}:${quoted(description)}'`);
  const cases = verbs.map(({ name, options }) => `      ${name}) compadd -- ${options.join(' ')} ;;`);
  return `#compdef mothball
# zsh: mothball completion zsh > "\${fpath[1]}/_mothball"
_mothball() {
  local -a commands=(
${names.join('\n')}
  )
  if (( CURRENT == 2 )); then
    _describe command commands
  else
    case "$words[2]" in
${cases.join('\n')}
    esac
    _files
  fi
}
compdef _mothball mothball`;
}

function fish(verbs: readonly Verb[]): string {
  const lines = verbs.flatMap(({ name, description, options }) => [
    `complete -c mothball -n __fish_use_subcommand -a ${name} -d '${quoted(description)}'`,
    ...options.map(
      (option) => `complete -c mothball -n '__fish_seen_subcommand_from ${name}' -l ${option.slice(2)}`,
    ),
  ]);
  return `# fish: mothball completion fish > ~/.config/fish/completions/mothball.fish\n${lines.join('\n')}`;
}

/** For single quotes, and zsh's colon. */
function quoted(text: string): string {
  return text.replaceAll("'", '').replaceAll(':', ' ');
}
