import { printable } from '../domain/printable.ts';
import { nearest } from '../domain/suggest.ts';
import { MothballError } from '../errors.ts';
import type { AccountRef } from '../domain/account.ts';
import type { Config } from '../config/config.ts';
import type { SignInStep } from '../ports/tokens.ts';
import { type CommonOptions, type Context, printJson, withApp } from './context.ts';
import { exit, type ExitCode } from './exit-code.ts';

type LoginOptions = CommonOptions & { readonly browser?: boolean; readonly code?: boolean };

/** Lets a person sign in to one account with OAuth 2, and keeps the refresh token. */
export async function login(
  context: Context,
  [name = '']: readonly string[],
  options: LoginOptions,
): Promise<ExitCode> {
  if (options.browser === true && options.code === true)
    throw new MothballError(
      {
        fact: '--browser and --code exclude each other',
        notDone: 'nothing was done',
        remedy: 'Use one of them',
      },
      { code: 'usage' },
    );
  return withApp(context, 'read-only', async ({ config, tokens }) => {
    const { io } = context;
    const ref = accountNamed(config, name);
    // With --json, stdout is one document.
    const say = (line: string): void => (options.json === true ? io.err(line) : io.out(line));
    const kept = await tokens.signIn(ref, {
      way: options.browser === true ? 'browser' : options.code === true ? 'code' : null,
      show: (step) => linesOf(step).forEach(say),
    });
    if (options.json === true) printJson(io, 'login', { login: { ...ref, kept } });
    else {
      io.out(`signed in; the refresh token is kept in ${printable(kept)}`);
      io.out(`Next: mothball accounts --test --account ${printable(ref.account)}`);
    }
    return exit.ok;
  });
}

function linesOf(step: SignInStep): readonly string[] {
  if (step.kind === 'browser')
    return ['Open this address in a browser on this machine:', `  ${printable(step.url)}`];
  return [
    `Open ${printable(step.url)} on any device, and enter the code:`,
    `  ${printable(step.code)}`,
    `Waiting for the sign-in, ${Math.round(step.expiresInMs / 60_000)} minutes at most.`,
  ];
}

/** The account of this name, or of this server/name. @throws `usage`. */
function accountNamed({ accounts, file }: Config, name: string): AccountRef {
  const found = accounts.filter(({ server, account }) => account === name || `${server}/${account}` === name);
  const [only] = found;
  if (only !== undefined && found.length === 1) return { server: only.server, account: only.account };
  const near = nearest(
    name,
    accounts.map(({ account }) => account),
  );
  const fact =
    found.length === 0
      ? `there is no account "${printable(name)}" in ${file}`
      : `several servers have an account "${printable(name)}"`;
  const remedy =
    found.length === 0
      ? near === null
        ? null
        : `Did you mean "${near}"?`
      : `Write ${found.map(({ server, account }) => `${server}/${account}`).join(' or ')}`;
  throw new MothballError(
    { fact, notDone: 'nothing was done', ...(remedy === null ? {} : { remedy }) },
    { code: 'usage' },
  );
}
