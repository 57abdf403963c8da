import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { stripVTControlCharacters } from 'node:util';
import { shellPackages } from '../servers/shell-packages.ts';
import { libraryPath } from '../servers/unpacked.ts';

const prompt = 'READY> ';
/** Ctrl-X shows the line as it is by then. */
const showLine = '\u0018';

/** What a key made of a line, and what it showed below it. */
export interface Completed {
  readonly line: string;
  readonly shown: string;
}

export interface TerminalZsh extends AsyncDisposable {
  /** Types a line, presses tab, and empties the line again. */
  tab(line: string): Promise<Completed>;
}

/** An interactive zsh on a terminal of its own, with `mothball` completed by this script. */
export async function startZsh(
  dir: string,
  { script, env }: { readonly script: string; readonly env: Readonly<Record<string, string>> },
): Promise<TerminalZsh> {
  const root = await shellPackages();
  const home = join(dir, 'zsh');
  await mkdir(join(home, 'functions'), { recursive: true });
  await writeFile(join(home, 'functions/_mothball'), script);
  await writeFile(join(home, '.zshrc'), settings(root, join(home, 'functions')));
  const zsh = join(root, 'bin/zsh');
  const child = spawn('script', ['-qec', `stty cols 200 rows 100; exec '${zsh}' -d -i`, '/dev/null'], {
    cwd: dir,
    env: { ...env, HOME: home, ZDOTDIR: home, TERM: 'xterm', LD_LIBRARY_PATH: await libraryPath(root) },
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  const output = readOutput(child);
  await output.until((text) => text.endsWith(prompt));
  return {
    async tab(line) {
      output.forget();
      child.stdin.write(`${line}\t${showLine}`);
      const text = await output.until((all) => all.split(']]]')[1]?.includes(prompt) === true);
      const [shown = '', rest = ''] = text.split('[[[');
      return { line: rest.split(']]]')[0] ?? '', shown };
    },
    async [Symbol.asyncDispose]() {
      const ended = once(child, 'close');
      child.stdin.end('exit\r');
      await ended;
    },
  };
}

/** Modules and functions of the unpacked tree, whatever is installed. */
function settings(root: string, functions: string): string {
  return `module_path=('${root}'/usr/lib/*/zsh/*(/))
fpath=('${functions}' '${root}'/usr/share/zsh/functions/**/*(/))
autoload -U compinit
compinit -u -D
PROMPT='${prompt}'
LISTMAX=0
show-line() {
  zle -I
  print -r -- "[[[$BUFFER]]]"
  BUFFER=
}
zle -N show-line
bindkey '^X' show-line
`;
}

function readOutput(child: ChildProcess) {
  let raw = '';
  let wake = (): void => undefined;
  child.stdout?.setEncoding('utf8').on('data', (text: string) => {
    raw += text;
    wake();
  });
  return {
    forget: (): void => {
      raw = '';
    },
    async until(enough: (text: string) => boolean): Promise<string> {
      for (;;) {
        const text = stripVTControlCharacters(raw).replaceAll('\r', '');
        if (enough(text)) return text;
        const { promise, resolve, reject } = Promise.withResolvers<void>();
        const late = setTimeout(() => reject(new Error(`zsh showed only ${JSON.stringify(text)}`)), 30_000);
        wake = resolve;
        await promise.finally(() => clearTimeout(late));
      }
    },
  };
}
