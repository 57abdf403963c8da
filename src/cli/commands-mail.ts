import { Option } from 'commander';
import type { AddCommand } from './add-command.ts';
import { identity } from './identity-option.ts';

/** What shows archives and archived mail. */
export function addReadingCommands(command: AddCommand): void {
  command('archives', 'list the archives', async () => (await import('./archives.ts')).archives)
    .option('--store <name>', 'only archives in this store')
    .option('--policy <name>', 'only archives of this policy')
    .option('--quarantined', 'show what is quarantined and why: archives, and messages on the server')
    .addOption(
      new Option('--state <state>', 'only archives in this state').choices([
        'sealed',
        'verified',
        'quarantined',
        'expired',
      ]),
    )
    .option('--csv', 'print comma-separated values');
  command(
    'search [query...]',
    'search archived mail: words, from: to: subject: body: attachment: has: folder: id: since: before: date: larger: smaller:',
    async () => (await import('./search.ts')).search,
  )
    // -word is a part of the query.
    .allowUnknownOption()
    .option('--limit <number>', 'show at most this many messages', '100');
  command(
    'show <id>',
    'print one archived message: byte for byte into a file or pipe, as text on a terminal',
    async () => (await import('./show.ts')).show,
  )
    .option('--headers', 'only what the index has of it')
    .option('--raw', 'byte for byte on a terminal too')
    .addOption(identity());
  command(
    'export [ids...]',
    'write archived messages to files',
    async () => (await import('./export.ts')).exportCommand,
  )
    .option('--search <query>', 'messages that a search finds')
    .option('--all', 'every archived message of the accounts')
    .addOption(
      new Option('--format <format>', 'file format').choices(['mbox', 'maildir', 'eml']).default('mbox'),
    )
    .requiredOption('--to-dir <directory>', 'directory to write to')
    .addOption(identity());
}

/** What puts mail onto servers and into archives. */
export function addReturningCommands(command: AddCommand): void {
  command(
    'restore [ids...]',
    'put archived messages back on the server',
    async () => (await import('./restore.ts')).restoreCommand,
  )
    .option('--search <query>', 'messages that a search finds')
    .option('--all', 'every archived message of the accounts')
    .option('--at <date>', 'only what was archived until then: a day like 2024-01-31, or a time')
    .option('--run <id>', 'undo a run: what it archived and deleted')
    .option('--to <account:folder>', 'another folder (default: where each message came from)')
    .option('--to-account <account>', 'another account: folders get the names that fit on its server')
    .option('--to-server <server>', 'the account of the same name, or of --to-account, on another server')
    .option('--map <old=new>', 'what was in folder OLD, and below it, goes to NEW (repeatable)', gather, [])
    .option('--to-dir <directory>', 'write .eml files to a directory instead')
    .addOption(identity());
  command(
    'import <path>',
    'put mail from mbox files, Maildirs or .eml files into the archive',
    async () => (await import('./import.ts')).importCommand,
  )
    .requiredOption('--folder <name>', 'target folder; subfolders are kept below it')
    .option('--store <name>', 'store of the archive (default: the only one)')
    .addOption(
      new Option('--format <format>', 'format of the archive')
        .choices(['mbox', 'eml-zip', 'maildir-tar'])
        .default('mbox'),
    )
    .addOption(
      new Option('--compression <name>', 'compression of the archive (default: zstd)').choices([
        'zstd',
        'gzip',
        'deflate',
        'none',
      ]),
    )
    .addOption(
      new Option('--kind <kind>', 'file format (default: detected)').choices(['mbox', 'maildir', 'eml']),
    )
    .addOption(
      new Option(
        '--mbox <dialect>',
        'how the mbox files quote "From " (default: mboxrd, or by Content-Length)',
      ).choices(['mboxrd', 'mboxo', 'mboxcl2']),
    )
    .addOption(
      new Option('--folders-from <what>', 'what makes the folders below --folder')
        .choices(['files', 'gmail-labels'])
        .default('files'),
    )
    .option('--with-deleted', 'take messages that their mail program marked as deleted, too')
    .option('--to-server', 'put the mail on the server instead of into the archive')
    .option('--dry-run', 'show what would be imported, without writing anything');
}

function gather(value: string, before: readonly string[]): readonly string[] {
  return [...before, value];
}
