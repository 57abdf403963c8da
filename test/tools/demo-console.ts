import { type ChildProcess, spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { styleText } from 'node:util';

export const launcher = fileURLToPath(new URL('../../src/mothball.js', import.meta.url));

type Style = Parameters<typeof styleText>[0];

/** Colours where stdout is a terminal that wants them (NO_COLOR respected). */
export function style(how: Style, text: string): string {
  return styleText(how, text, { stream: process.stdout, validateStream: true });
}

export function say(line = ''): void {
  process.stdout.write(`${line}\n`);
}

/** A heading with what is about to happen, in plain English. */
export function step(title: string, ...lines: readonly string[]): void {
  say();
  say(style(['bold', 'cyan'], `── ${title}`));
  for (const line of lines) say(line);
}

export interface CommandOptions {
  /** Shows so many lines of the output; the command is printed with `| head`. */
  readonly head?: number;
  /** Runs without showing the command or its output. */
  readonly silent?: boolean;
}

/** Runs the real command line in one directory, shown as a user would type it. */
export class CommandLine {
  readonly #directory: string;
  #running: ChildProcess | null = null;

  constructor(directory: string) {
    this.#directory = directory;
  }

  /** Returns what went to stdout where it was not shown whole. @throws unless the command exits with 0. */
  async mothball(words: readonly string[], options: CommandOptions = {}): Promise<string> {
    const capture = options.silent === true || options.head !== undefined;
    const typed = `mothball ${words.map(shellWord).join(' ')}`;
    if (options.silent !== true)
      say(style('green', `$ ${typed}${options.head === undefined ? '' : ` | head -n ${options.head}`}`));
    const child = spawn(process.execPath, [launcher, ...words], {
      cwd: this.#directory,
      stdio: ['ignore', capture ? 'pipe' : 'inherit', 'inherit'],
    });
    this.#running = child;
    const output: Buffer[] = [];
    child.stdout?.on('data', (data: Buffer) => output.push(data));
    const ending = await new Promise<string | number>((resolve, reject) => {
      child.once('error', reject);
      child.once('close', (code, signal) => resolve(signal ?? code ?? 1));
    });
    this.#running = null;
    if (ending !== 0) throw new Error(`\`${typed}\` ended with ${ending}`);
    const text = Buffer.concat(output).toString();
    if (options.head !== undefined) say(text.split(/\r?\n/).slice(0, options.head).join('\n'));
    return text;
  }

  /** Ends the command that is running. Resolves when it has ended. */
  async stop(signal: NodeJS.Signals): Promise<void> {
    const child = this.#running;
    if (child === null || child.exitCode !== null || child.signalCode !== null) return;
    const ended = new Promise((resolve) => child.once('close', resolve));
    child.kill(signal);
    await ended;
  }
}

function shellWord(word: string): string {
  return /^[\w./:@%=-]+$/.test(word) ? word : `'${word.replaceAll("'", "'\\''")}'`;
}
