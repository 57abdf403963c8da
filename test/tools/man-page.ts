import { tmpdir } from 'node:os';
import { mothball } from '../integration/mothball.ts';

/** Help as the program prints it. */
export interface HelpTexts {
  readonly version: string;
  readonly all: string;
  readonly commands: readonly { readonly name: string; readonly text: string }[];
}

/** Asks the program for its help, command by command. */
export async function readHelp(): Promise<HelpTexts> {
  const ask = async (...args: readonly string[]): Promise<string> =>
    (await mothball(args, { cwd: tmpdir() })).stdout;
  const names = (await ask('__complete', '--', ''))
    .split('\n')
    .map((line) => line.split('\t')[0] ?? '')
    .filter((name) => /^[a-z][a-z-]*$/.test(name) && name !== 'help');
  const commands = [];
  for (const name of names) commands.push({ name, text: await ask(name, '--help') });
  return { version: (await ask('--version')).trim(), all: await ask('--help'), commands };
}

/** mothball(1) in roff: the help, word for word. `day` is that of the release. */
export function manPage({ version, all, commands }: HelpTexts, day: string): string {
  const [usage = '', , about = ''] = all.split('\n');
  return `${[
    `.TH MOTHBALL 1 "${day}" "Mothball ${version}" "User Commands"`,
    '.SH NAME',
    'mothball \\- archives old mail by policy, verifies the archive, then deletes it from the IMAP server',
    '.SH SYNOPSIS',
    '.B mothball',
    roff(usage.replace(/^Usage: mothball /, '')),
    '.SH DESCRIPTION',
    roff(about),
    '.SH COMMANDS AND OPTIONS',
    verbatim(all),
    ...commands.flatMap(({ name, text }) => [`.SS "mothball ${roff(name)}"`, verbatim(text)]),
    '.SH FILES',
    '.TP',
    '.I /etc/mothball/mothball.yaml',
    'The configuration, where neither \\-\\-config nor MOTHBALL_CONFIG names another one and the working directory has none.',
    '.TP',
    '.I /var/lib/mothball',
    'The database, the spool and archives of the service.',
    '.SH ENVIRONMENT',
    '.TP',
    '.B MOTHBALL_CONFIG',
    'The configuration to use.',
    '.TP',
    '.B MOTHBALL_AS_ROOT',
    'Of the Debian package: if set, root works as root and not as the user mothball.',
    '.SH SEE ALSO',
    '.BR systemctl (1)',
  ].join('\n')}\n`;
}

function verbatim(text: string): string {
  return ['.nf', ...text.trimEnd().split('\n').map(roff), '.fi'].join('\n');
}

/** One line of text: nothing of it is a request or an escape, and a minus is one that can be copied. */
function roff(line: string): string {
  const safe = line.replaceAll('\\', '\\e').replaceAll('-', '\\-');
  return /^[.']/.test(safe) ? `\\&${safe}` : safe;
}
