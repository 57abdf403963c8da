import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join, relative, resolve } from 'node:path';
import { quotaJson } from '../documents/quota.ts';
import { printable } from '../domain/printable.ts';
import { errorMessage, isError, MothballError } from '../errors.ts';
import { type CommonOptions, type Context, printJson, withApp } from './context.ts';
import { exit, type ExitCode } from './exit-code.ts';
import { type DiscoverFlags, withDiscovery } from './init-discover.ts';
import { answersOf, askAnswers, type InitFlags } from './init-answers.ts';
import { type InitAnswers, type InitFile, initFiles } from './init-files.ts';
import type { MeasuredAccount } from './quota-fleet.ts';
import { measureAccount, showAccount } from './quota.ts';

/**
 * Writes a first configuration: from the options, from the answers of a person, or as an example to
 * edit. The login is tried before anything is written. Never overwrites a file.
 */
export async function init(
  context: Context,
  args: readonly string[],
  flags: CommonOptions & InitFlags & DiscoverFlags,
): Promise<ExitCode> {
  const { io, cwd } = context;
  const directory = resolve(cwd, args[0] ?? '.');
  const data = flags.data === undefined ? null : resolve(cwd, flags.data);
  refuseExisting(directory, initFiles(null, data));
  const options = await withDiscovery(context, flags);
  const given = await answersOf(context, options);
  const asks = given === null && io.interactive && options.yes !== true;
  const { answers, account } = asks
    ? await askUntilGood(context, options)
    : {
        answers: given,
        account: given === null || options.test === false ? null : await tried(context, given),
      };
  const files = initFiles(answers, data);
  refuseExisting(directory, files);
  if (options.json !== true && account !== null) showLogin(context, account);
  for (const file of files) {
    await write(directory, file);
    if (options.json !== true) io.out(`wrote ${join(directory, file.name)}`);
  }
  if (options.json === true)
    printJson(io, 'init', {
      directory,
      files: files.map(({ name }) => name),
      login: account === null ? null : 'ok',
      account: account === null ? null : quotaJson(account),
    });
  else for (const line of nextSteps(answers, relative(cwd, directory))) io.out(line);
  return exit.ok;
}

interface Tried {
  readonly answers: InitAnswers;
  /** Null: the login was not tried. */
  readonly account: MeasuredAccount | null;
}

/** Asks until the login works, or the person gives up. */
async function askUntilGood(context: Context, options: InitFlags): Promise<Tried> {
  const { io } = context;
  let before: InitAnswers | null = null;
  for (;;) {
    const answers = await askAnswers(context, options, before);
    if (options.test === false) return { answers, account: null };
    try {
      return { answers, account: await tried(context, answers) };
    } catch (error) {
      if (!isError(error) || error.code === 'interrupted') throw error;
      io.problem(error);
      before = answers;
    }
    if (!(await io.confirm('Change the answers and try again?')))
      throw new MothballError(
        { fact: 'the login did not work', notDone: 'nothing was written' },
        { code: 'interrupted' },
      );
  }
}

/** Logs in with a configuration in a private directory, which is removed again. @throws why it did not work. */
async function tried(context: Context, answers: InitAnswers): Promise<MeasuredAccount> {
  context.io.err(`logging in to ${printable(answers.host)} as ${printable(answers.user)} …`);
  // mkdtemp makes it for this user alone: there will be a password in it.
  const directory = await mkdtemp(join(tmpdir(), 'mothball-init-'));
  try {
    for (const file of initFiles(answers, null)) await write(directory, file);
    const options = { config: join(directory, 'mothball.yaml'), quiet: true };
    return await withApp({ ...context, options }, 'read-only', (app) =>
      measureAccount(app, { server: 'main', account: answers.user }),
    );
  } finally {
    await rm(directory, { recursive: true, force: true });
  }
}

function refuseExisting(directory: string, files: readonly InitFile[]): void {
  const there = files.map(({ name }) => join(directory, name)).filter((path) => existsSync(path));
  if (there.length === 0) return;
  throw new MothballError(
    {
      fact: `${there.join(', ')} ${there.length === 1 ? 'exists' : 'exist'} already, and init overwrites nothing`,
      notDone: `nothing was written to ${directory}`,
      remedy: 'Choose another directory, like `mothball init mail`',
    },
    { code: 'usage' },
  );
}

async function write(directory: string, { name, text, mode }: InitFile): Promise<void> {
  const path = join(directory, name);
  try {
    await mkdir(dirname(path), { recursive: true });
    await writeFile(path, text, { flag: 'wx', mode });
  } catch (error) {
    throw new MothballError(
      { fact: `${path} was not written: ${errorMessage(error)}` },
      { code: 'usage', cause: error },
    );
  }
}

function showLogin(context: Context, account: MeasuredAccount): void {
  context.io.out(context.io.style('green', 'the login works'));
  showAccount(context, account, context.clock.now());
  context.io.out('');
}

function nextSteps(answers: InitAnswers | null, directory: string): readonly string[] {
  if (answers === null)
    return [
      'next: put your server and account into mothball.yaml, and the password into a file of its own',
      '(chmod 600); then run `mothball accounts --test`, `mothball quota` and `mothball plan`',
    ];
  const where = directory === '' ? '' : `\`cd ${directory}\`, then `;
  return [
    `next: ${where}\`mothball plan\` shows what the first policy would archive; it changes nothing.`,
    'When it shows what you want, set `mode: enforce` in policies/archive-after-2y.yaml and run `mothball run`.',
  ];
}
