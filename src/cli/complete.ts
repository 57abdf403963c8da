import type { Command, Option } from 'commander';
import type { Config } from '../config/config.ts';
import { type Context, readConfig } from './context.ts';
import { exit, type ExitCode } from './exit-code.ts';

interface Candidate {
  readonly word: string;
  readonly about?: string;
}

/** What an option's value may be, where that follows from the configuration. */
const names: Readonly<Record<string, (config: Config) => readonly string[]>> = {
  '--account': ({ accounts }) => accounts.map(({ account }) => account),
  '--policy': ({ policies }) => policies.map(({ name }) => name),
  '--store': ({ stores }) => [...stores.keys()],
  '--to': ({ accounts }) => accounts.map(({ account }) => `${account}:`),
};
const zones = (): readonly string[] => ['local', 'UTC', ...Intl.supportedValuesOf('timeZone')];
/** What the arguments of a command may be. */
const wordsOf: Readonly<Record<string, readonly string[]>> = {
  completion: ['bash', 'zsh', 'fish'],
  schema: ['policy', 'config'],
  db: ['copy', 'migrate', 'check'],
};
const takesPolicies = new Set(['plan', 'run']);

/**
 * What may come next on a command line, one candidate a line, a tab before what it is about: called by
 * the completion scripts with the words typed so far, the last one unfinished. It never fails.
 */
export async function complete(
  context: Context,
  program: Command,
  words: readonly string[],
): Promise<ExitCode> {
  const typed = words.at(-1) ?? '';
  for (const { word, about } of await candidates(context, program, words))
    if (word.startsWith(typed)) context.io.out(about === undefined ? word : `${word}\t${about}`);
  return exit.ok;
}

async function candidates(
  context: Context,
  program: Command,
  words: readonly string[],
): Promise<readonly Candidate[]> {
  const before = words.slice(0, -1);
  const typed = words.at(-1) ?? '';
  const at = commandAt(program, before);
  const command = program.commands.find((one) => one.name() === before[at]) ?? null;
  const options = (command ?? program).options;
  const asking = optionOf(options, before.at(-1) ?? '');
  if (asking !== null && takesValue(asking))
    return (await valuesOf(context, words, asking)).map((word) => ({ word }));
  const joined = /^(--[a-z-]+)=/.exec(typed)?.[1] ?? '';
  const joinedTo = optionOf(options, joined);
  if (joinedTo !== null)
    return (await valuesOf(context, words, joinedTo)).map((word) => ({ word: `${joined}=${word}` }));
  if (typed.startsWith('-'))
    return [
      ...options
        .filter(({ hidden }) => !hidden)
        .map((option) => ({ word: option.long ?? option.short ?? '', about: option.description })),
      { word: '--help', about: 'display help for the command' },
    ];
  if (before[at] === 'help' || command === null)
    return at < before.length && before[at] !== 'help'
      ? []
      : [
          ...visible(program).map((one) => ({ word: one.name(), about: one.description() })),
          ...(before[at] === 'help' ? [] : [{ word: 'help', about: 'display help for a command' }]),
        ];
  const name = command.name();
  const known = takesPolicies.has(name)
    ? await knownNames(context, words, '--policy')
    : before.length === at + 1
      ? (wordsOf[name] ?? [])
      : [];
  return known.filter((word) => !before.slice(at + 1).includes(word)).map((word) => ({ word }));
}

/** What the value of this option may be. */
async function valuesOf(
  context: Context,
  words: readonly string[],
  { argChoices, long }: Option,
): Promise<readonly string[]> {
  if (argChoices !== undefined) return argChoices;
  return long === '--tz' ? zones() : await knownNames(context, words, long ?? '');
}

function visible(program: Command): readonly Command[] {
  return program.commands.filter((one) => !one.name().startsWith('_'));
}

/** The place of the command among the words: the first that is no option and no option's value. */
function commandAt(program: Command, words: readonly string[]): number {
  let at = 0;
  while (at < words.length) {
    const option = optionOf(program.options, words[at] ?? '');
    if (option === null && !(words[at] ?? '').startsWith('-')) return at;
    at += option !== null && takesValue(option) ? 2 : 1;
  }
  return words.length;
}

function optionOf(options: readonly Option[], word: string): Option | null {
  return options.find(({ long, short }) => word !== '' && (long === word || short === word)) ?? null;
}

function takesValue({ required, optional }: Option): boolean {
  return required || optional;
}

/** The names that the configuration of this command line has; without a valid one, none. */
async function knownNames(
  context: Context,
  words: readonly string[],
  option: string,
): Promise<readonly string[]> {
  const list = names[option];
  if (list === undefined) return [];
  const given = words.indexOf('--config');
  const joined = words.find((word) => word.startsWith('--config='))?.slice('--config='.length);
  const path = given < 0 ? joined : words[given + 1];
  const options = path === undefined ? context.options : { ...context.options, config: path };
  try {
    return list(await readConfig({ ...context, options }));
  } catch {
    return [];
  }
}
