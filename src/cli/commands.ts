import { type Command, Option } from 'commander';
import type { CommonOptions, Context } from './context.ts';
import type { ExitCode } from './exit-code.ts';

/** Names the file of `--identity` where the option is not given. */
export const identityVariable = 'MOTHBALL_IDENTITY';

type Handler<O> = (context: Context, args: readonly string[], options: O) => Promise<ExitCode>;

/** A command's module is loaded only when the command is called. */
export type LoadHandler<O> = () => Promise<Handler<O>>;

export type AddCommand = <O extends CommonOptions>(
  usage: string,
  description: string,
  load: LoadHandler<O>,
) => Command;

/** Every command, its options, and the module that does it; `program` is the whole command line. */
export function addCommands(command: AddCommand, program: Command): void {
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
    .option('--stores', 'also check every store with a canary, and say what it can promise')
    .addOption(identity('prove that this age identity decrypts what encrypted stores are sent'));
  command('accounts', 'list the accounts', async () => (await import('./accounts.ts')).accounts).option(
    '--test',
    'log in to each',
  );
  command('quota', 'usage, limits and folder sizes', async () => (await import('./quota.ts')).quota);
  command(
    'plan [policies...]',
    'what the policies would do now; changes nothing',
    async () => (await import('./plan.ts')).plan,
  )
    .option('--exit-code', 'exit 20 when there is work to do')
    .option('--messages', 'list every message with its reason');
  command('run [policies...]', 'run policies once, now', async () => (await import('./run.ts')).run)
    .option('--dry-run', 'say what would be done, do nothing')
    .option('--lift-limits', 'ignore the safety limits of the named policies once')
    .option('--metrics-file <path>', 'write metrics for the textfile collector of node_exporter');
  command('archives', 'list the archives', async () => (await import('./archives.ts')).archives)
    .option('--store <name>', 'only of this store')
    .option('--policy <name>', 'only of this policy')
    .option('--quarantined', 'what is quarantined and why: archives, and messages on the server')
    .addOption(
      new Option('--state <state>', 'only in this state').choices([
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
  ).option('--limit <number>', 'at most so many messages', '100');
  command(
    'show <id>',
    'one archived message, exactly as it was',
    async () => (await import('./show.ts')).show,
  )
    .option('--headers', 'only what the index knows of it')
    .addOption(identity());
  command(
    'export [ids...]',
    'write archived messages to files',
    async () => (await import('./export.ts')).exportCommand,
  )
    .option('--search <query>', 'messages that a search finds')
    .option('--all', 'every archived message of the accounts')
    .addOption(
      new Option('--format <format>', 'what to write').choices(['mbox', 'maildir', 'eml']).default('mbox'),
    )
    .requiredOption('--to-dir <directory>', 'where to')
    .addOption(identity());
  command(
    'restore [ids...]',
    'put archived messages back',
    async () => (await import('./restore.ts')).restoreCommand,
  )
    .option('--search <query>', 'messages that a search finds')
    .option('--all', 'every archived message of the accounts')
    .option('--to <account:folder>', 'into another folder (default: where each came from)')
    .option('--to-dir <directory>', 'as .eml files into a directory instead')
    .addOption(identity());
  command(
    'import <path>',
    'put mail from mbox files, Maildirs or .eml files into the archive',
    async () => (await import('./import.ts')).importCommand,
  )
    .requiredOption('--folder <name>', 'folder it goes to; deeper ones go below it')
    .option('--store <name>', 'store of the archive (default: the only one there is)')
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
      new Option('--kind <kind>', 'what the files are (default: by what is there)').choices([
        'mbox',
        'maildir',
        'eml',
      ]),
    )
    .addOption(
      new Option(
        '--mbox <dialect>',
        'how the mbox files quote "From " (default: mboxrd, or by Content-Length)',
      ).choices(['mboxrd', 'mboxo', 'mboxcl2']),
    )
    .option('--to-server', 'onto the server instead of into the archive')
    .option('--dry-run', 'say what would be imported, write nothing');
  command(
    'verify [archives...]',
    'read archives back and compare every message',
    async () => (await import('./verify.ts')).verifyCommand,
  )
    .option('--sample <percent>', 'only a random part of them, like 5%')
    .option('--lift-quarantine', 'only quarantined archives; quarantined messages are tried again')
    .addOption(identity());
  command(
    'reindex',
    'rebuild the catalog from the stores',
    async () => (await import('./reindex.ts')).reindexCommand,
  )
    .option('--store <name>', 'only this store')
    .option('--new-store', 'the store was replaced on purpose by the one that is there now')
    .addOption(identity());
  command(
    'expire',
    "remove archives past their policy's retain, or with --reason all of one account",
    async () => (await import('./expire.ts')).expireCommand,
  )
    .option('--dry-run', 'say what would be removed, remove nothing')
    .option('--store <name>', 'only in this store')
    .option('--orphans', 'remove what belongs to no archive too, once it is 7 days old')
    .option('--quarantined', 'remove quarantined archives too when their time has come')
    .option('--lift-limits', 'ignore the safety limit once')
    .option('--reason <text>', 'erase all archives of the account that --account names, and why')
    .addOption(identity());
  command(
    'holds',
    'list the holds and the accounts they cover',
    async () => (await import('./holds.ts')).holds,
  );
  command(
    'daemon',
    'run the schedules of policies and scans',
    async () => (await import('./daemon.ts')).daemon,
  ).option(
    '--grace <time>',
    'how long to wait for work under way when stopped, like 25s (default: daemon.grace)',
  );
  command(
    'status',
    'what runs, what comes next, what is held up and why',
    async () => (await import('./status.ts')).status,
  );
  command(
    'scan',
    'read quota and folder sizes and keep them for the forecast',
    async () => (await import('./scan.ts')).scan,
  );
  command(
    'pause',
    'stop every process before its next step that archives or deletes',
    async () => (await import('./pause.ts')).pause,
  ).option('--reason <text>', 'why, for those who wonder');
  command('resume', 'end the pause', async () => (await import('./pause.ts')).resume);
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

/** For the commands that read archives; a new one each time, as commander wants it. */
function identity(what = 'file with the age identity that decrypts encrypted archives'): Option {
  return new Option('--identity <file>', `${what} (env: ${identityVariable})`);
}
