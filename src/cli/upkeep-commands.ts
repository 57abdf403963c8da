import type { AddCommand } from './add-command.ts';
import { identity } from './identity-option.ts';

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
    .option('--take-over', 'write to a store that another database wrote to; that one no longer may')
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
  command(
    'db <action> [from] [to]',
    'look after the database: copy FROM TO, migrate, check',
    async () => (await import('./db.ts')).db,
  ).option('--password-file <path>', 'file with the password of a database that is named here');
  command(
    'rename-account <old> <new>',
    'give the archives of an account its new name in mothball.yaml',
    async () => (await import('./rename.ts')).renameAccount,
  ).option('--server <name>', 'the server of the account (default: the only one that has it)');
  command(
    'rename-server <old> <new>',
    'give the archives of a server its new name in mothball.yaml',
    async () => (await import('./rename.ts')).renameServer,
  );
}
