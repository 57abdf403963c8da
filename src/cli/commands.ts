import { type Command, Option } from 'commander';
import type { AddCommand } from './add-command.ts';
import { identity } from './identity-option.ts';
import { addUpkeepCommands } from './upkeep-commands.ts';

/** Every command, its options, and the module that handles it; `program` is the whole command line. */
export function addCommands(command: AddCommand, program: Command): void {
  addPolicyCommands(command);
  addReadingCommands(command);
  addReturningCommands(command);
  addUpkeepCommands(command);
  addDaemonCommands(command);
  addShellCommands(command, program);
}

/** What sets Mothball up, and runs policies. */
function addPolicyCommands(command: AddCommand): void {
  command(
    'init [directory]',
    'write a first mothball.yaml and a policy',
    async () => (await import('./init.ts')).init,
  );
  command(
    'validate',
    'check the configuration and the policies',
    async () => (await import('./validate.ts')).validate,
  )
    .option('--stores', 'also check every store with a canary, and show what it can guarantee')
    .addOption(identity('prove that this age identity can decrypt the encrypted stores'));
  command('accounts', 'list the accounts', async () => (await import('./accounts.ts')).accounts).option(
    '--test',
    'log in to each of them',
  );
  command(
    'login <account>',
    'sign in to an account with OAuth 2, and keep its refresh token',
    async () => (await import('./login.ts')).login,
  )
    .option('--code', 'by a code that is typed on any device')
    .option('--browser', 'by a browser on this machine');
  command(
    'discover <address>',
    'find the IMAP server of a mail address, and print its entry for mothball.yaml',
    async () => (await import('./discover.ts')).discover,
  ).option('--dns <server...>', 'name servers to ask, such as 9.9.9.9, instead of those of the system');
  command('quota', 'show usage, limits and folder sizes', async () => (await import('./quota.ts')).quota);
  command(
    'plan [policies...]',
    'show what the policies would do now; changes nothing',
    async () => (await import('./plan.ts')).plan,
  )
    .option('--exit-code', 'exit with 20 when there is work to do')
    .option('--messages', 'list every message with its reason');
  command('run [policies...]', 'run policies once, now', async () => (await import('./run.ts')).run)
    .option('--dry-run', 'show what would be done, without doing it')
    .option('--lift-limits', 'ignore the safety limits of the named policies once')
    .option('--accept-clock', 'the clock is right although it disagrees with the records (audited)')
    .option('--metrics-file <path>', 'write metrics for the textfile collector of node_exporter');
}

/** What shows archives and archived mail. */
function addReadingCommands(command: AddCommand): void {
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
  ).option('--limit <number>', 'maximum number of messages', '100');
  command(
    'show <id>',
    'print one archived message: byte for byte into a file or pipe, escaped on a terminal',
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
    .requiredOption('--to-dir <directory>', 'target directory')
    .addOption(identity());
}

/** What puts mail onto servers and into archives. */
function addReturningCommands(command: AddCommand): void {
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

/** What runs and controls the daemon. */
function addDaemonCommands(command: AddCommand): void {
  command(
    'daemon',
    'run the schedules of policies and scans',
    async () => (await import('./daemon.ts')).daemonCommand,
  ).option(
    '--grace <time>',
    'how long running jobs may take to end when stopped, like 25s (default: daemon.grace)',
  );
  command(
    'status',
    'show what is running, what comes next, and what is held up and why',
    async () => (await import('./status.ts')).status,
  );
  command(
    'scan',
    'read quota and folder sizes and store them for the forecast',
    async () => (await import('./scan.ts')).scan,
  );
  command(
    'pause',
    'stop every process before its next step that archives or deletes',
    async () => (await import('./pause.ts')).pauseCommand,
  ).option('--reason <text>', 'reason, shown by `status`');
  command('resume', 'end the pause', async () => (await import('./pause.ts')).resumeCommand);
}

/** What serves editors and shells. */
function addShellCommands(command: AddCommand, program: Command): void {
  command(
    'schema',
    'print the JSON schema of policy files',
    async () => (await import('./schema.ts')).schema,
  );
  command('completion <shell>', 'print a completion script: bash, zsh or fish', async () => {
    const { completion } = await import('./completion.ts');
    return (context, args) => completion(context, args, program);
  });
}

function gather(value: string, before: readonly string[]): readonly string[] {
  return [...before, value];
}
