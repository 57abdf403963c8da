import { resolve } from 'node:path';
import { MothballError } from '../errors.ts';
import type { Context } from './context.ts';
import type { InitAnswers } from './init-files.ts';

/** What `init` may be given on the command line. A password is never an argument: others could see it. */
export interface InitFlags {
  readonly host?: string;
  readonly port?: string;
  readonly tls?: InitAnswers['tls'];
  readonly caFile?: string;
  readonly user?: string;
  readonly passwordFile?: string;
  /** Directory of the archive and the database. */
  readonly data?: string;
  /** False: `--no-test`. */
  readonly test?: boolean;
}

/** The answers that the options give; null: no server is named. @throws `usage` when something is missing or wrong. */
export async function answersOf(context: Context, flags: InitFlags): Promise<InitAnswers | null> {
  const { host, user, passwordFile } = flags;
  const named = [host, user, passwordFile].filter((value) => value !== undefined).length;
  if (host !== undefined && user !== undefined && passwordFile !== undefined) {
    return checked({
      ...shared(context, flags),
      host,
      user,
      password: await passwordOf(context, passwordFile),
    });
  }
  // A person is asked for what is missing.
  if (named === 0 || (context.io.interactive && passwordFile !== '-')) return null;
  throw usage('init needs --host, --user and --password-file together (--password-file - reads stdin)');
}

/** Asks for what the options leave open; `before` are the answers of the last time. */
export async function askAnswers(
  context: Context,
  flags: InitFlags,
  before: InitAnswers | null,
): Promise<InitAnswers> {
  const ask = async (what: string, given: string | undefined, usual: string): Promise<string> => {
    if (given !== undefined) return given;
    for (;;) {
      const answer = await context.io.ask(`${what}${usual === '' ? '' : ` [${usual}]`}: `);
      if (answer === null) throw usage('nobody answers');
      if (answer !== '' || usual !== '') return answer === '' ? usual : answer;
    }
  };
  const host = await ask('IMAP server, like imap.example.com', flags.host, before?.host ?? '');
  const tls = await askTls(context, flags.tls, before?.tls ?? 'implicit');
  const user = await ask('User, often the mail address', flags.user, before?.user ?? '');
  const password =
    flags.passwordFile === undefined
      ? { text: (await context.io.ask('Password (is not shown): ', 'hidden')) ?? '' }
      : await passwordOf(context, flags.passwordFile);
  return checked({ ...shared(context, flags), host, tls, user, password });
}

async function askTls(
  { io }: Context,
  given: InitAnswers['tls'] | undefined,
  usual: InitAnswers['tls'],
): Promise<InitAnswers['tls']> {
  if (given !== undefined) return given;
  for (;;) {
    const answer = (await io.ask(`TLS: implicit (port 993) or starttls (143) [${usual}]: `)) ?? '';
    if (answer === '') return usual;
    if (answer === 'implicit' || answer === 'starttls') return answer;
  }
}

function shared(
  { cwd }: Context,
  { port, tls, caFile }: InitFlags,
): Pick<InitAnswers, 'port' | 'tls' | 'caFile'> {
  const number = port === undefined ? null : Number(port);
  if (number !== null && !(Number.isInteger(number) && number >= 1 && number <= 65_535))
    throw usage(`--port takes a number from 1 to 65535, not "${port ?? ''}"`);
  return { port: number, tls: tls ?? 'implicit', caFile: caFile === undefined ? null : resolve(cwd, caFile) };
}

async function passwordOf({ io, cwd }: Context, file: string): Promise<InitAnswers['password']> {
  if (file !== '-') return { file: resolve(cwd, file) };
  return { text: (await io.input()).replace(/\r?\n$/, '') };
}

function checked(answers: InitAnswers): InitAnswers {
  const { password, tls, host } = answers;
  if ('text' in password && (password.text === '' || /[\r\n]/.test(password.text)))
    throw usage('the password is empty, or has more than one line');
  if (tls === 'none' && !/^(?:localhost|127\.\d+\.\d+\.\d+|::1)$/.test(host))
    throw usage('--tls none would send the password in the clear; it is only for a server on this machine');
  return answers;
}

function usage(fact: string): MothballError {
  return new MothballError({ fact, notDone: 'nothing was written' }, { code: 'usage' });
}
