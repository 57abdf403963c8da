import { Option } from 'commander';
import { type AddCommand, identity } from './add-command.ts';

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
    );
  command(
    'search [query...]',
    'search archived mail: words, from: to: subject: folder: id: since: before: larger: smaller:',
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
    .option('--to <account:folder>', 'another folder (default: where each message came from)')
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

/** What looks after archives. */
export function addUpkeepCommands(command: AddCommand): void {
  command(
    'verify [archives...]',
    'read archives back and compare every message',
    async () => (await import('./verify.ts')).verifyCommand,
  )
    .option('--sample <percent>', 'only a random sample of them, like 5%')
    .option('--lift-quarantine', 'only quarantined archives; quarantined messages are tried again')
    .addOption(identity());
  command(
    'reindex',
    'rebuild the catalog from the stores',
    async () => (await import('./reindex.ts')).reindexCommand,
  )
    .option('--store <name>', 'only this store')
    .option('--new-store', 'accept a store that was replaced on purpose')
    .addOption(identity());
  command(
    'expire',
    "remove archives past their policy's retain, or with --reason all of one account",
    async () => (await import('./expire.ts')).expireCommand,
  )
    .option('--dry-run', 'show what would be removed, without removing it')
    .option('--store <name>', 'only archives in this store')
    .option('--orphans', 'also remove files that belong to no archive, once they are 7 days old')
    .option('--quarantined', 'also remove quarantined archives that are past retention')
    .option('--lift-limits', 'ignore the safety limit once')
    .option('--reason <text>', 'erase all archives of the account named by --account, and record this reason')
    .addOption(identity());
}
