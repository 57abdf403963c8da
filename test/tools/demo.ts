import { readFile, writeFile } from 'node:fs/promises';
import { dirname, join, relative } from 'node:path';
import { type Dovecot, startDovecot } from '../servers/dovecot.ts';
import { CommandLine, say, step, style, launcher } from './demo-console.ts';
import { compareMailboxes, findEach, readServer } from './demo-proof.ts';
import { fillMailbox, makeDirectory, quotaBytes, removeDirectory, user, writeSite } from './demo-site.ts';
import { showRest } from './demo-tour.ts';

const keep = process.argv.includes('--keep');
const started = Date.now();
const directory = await makeDirectory();
const commandLine = new CommandLine(directory);
let starting: Promise<Dovecot> | null = null;
let stopping = false;

/** Stops and removes everything that was started. Nothing else may run afterwards. */
async function cleanUp(signal: NodeJS.Signals = 'SIGTERM'): Promise<void> {
  stopping = true;
  await commandLine.stop(signal);
  const server = await starting?.catch(() => null);
  await server?.stop();
  await removeDirectory(directory);
}

function onSignal(name: 'SIGINT' | 'SIGTERM' | 'SIGHUP', code: number): void {
  process.on(name, () => {
    if (stopping) return;
    process.stderr.write('\nstopping the demo and removing its files …\n');
    void cleanUp(name).finally(() => process.exit(code));
  });
}
onSignal('SIGHUP', 129);
onSignal('SIGINT', 130);
onSignal('SIGTERM', 143);
// Whoever read the output has gone (`npm run demo | head`): there is nobody to show it to.
process.stdout.on('error', () => {
  if (!stopping) void cleanUp().finally(() => process.exit(1));
});

async function demo(): Promise<void> {
  step(
    'A mail server',
    `Starting Dovecot on loopback and filling the mailbox of ${user} to over 90 % of her quota.`,
  );
  starting = startDovecot({ quotaBytes });
  const server = await starting;
  const seeded = await fillMailbox(server);
  const before = await readServer(server);
  say(`${count(before.messages.length)} messages, ${mib(seeded.bytes)}.`);
  say('The demo notes the SHA-256 of each with an IMAP client of its own, before Mothball sees any of it.');
  const { config, drain } = await writeSite(directory, server);
  step('The configuration', style('dim', '# mothball.yaml'));
  say(config.trimEnd());
  say(style('dim', '# policies/drain-near-full.yaml'));
  say(drain.trimEnd());

  step('1. How full is it?');
  await commandLine.mothball(['quota']);
  step('2. What would the policies do?', 'plan only looks: it changes nothing, here or on the server.');
  await commandLine.mothball(['plan']);
  step(
    '3. Do it',
    'Fetch, write the archive, read it back, compare every SHA-256, and only then delete.',
    'archive-by-age is in plan mode, so it only reports.',
  );
  await commandLine.mothball(['run', '--yes']);
  step('4. And now?');
  await commandLine.mothball(['quota']);

  const found = findEach(before, await readServer(server), directory);
  say(`Check: of ${count(found.wanted)} messages ${count(found.onServer)} are on the server and`);
  say(
    `${count(found.inArchive)} in the archive, read with zstd and not with Mothball. ${count(found.missing)} are missing.`,
  );
  if (found.missing > 0 || found.inArchive === 0)
    throw new Error('the archive does not hold what left the server');

  await showRest(commandLine, directory);

  step(
    '8. The proof',
    'Every message is read from the server again and compared: folder, SHA-256, flags, date.',
  );
  const { same, extra } = compareMailboxes(before, await readServer(server));
  const verdict = `every message came back: ${count(same)} of ${count(before.messages.length)}`;
  if (same !== before.messages.length || extra !== 0)
    throw new Error(
      `only ${count(same)} of ${count(before.messages.length)} came back, ${count(extra)} are new or changed`,
    );
  say(style(['bold', 'green'], verdict));
  await finish(server);
}

async function finish(server: Dovecot): Promise<void> {
  const here = relative(process.cwd(), directory);
  step(`Done in ${Math.round((Date.now() - started) / 1_000)} s`);
  if (!keep) {
    await cleanUp();
    say('Dovecot is stopped; the archive and everything else of the demo is removed.');
    say('To keep the server and the archive, and play with them: npm run demo -- --keep');
    say('Then its daemon serves the page on http://127.0.0.1:9310/ and metrics on /metrics.');
    return;
  }
  const pid = join(server.dir, 'run', 'master.pid');
  // Reading it now fails the demo, and not the person who wants to stop it later.
  await readFile(pid);
  await writeFile(
    join(directory, 'stop.sh'),
    `# Stops the demo's Dovecot and removes the demo's files.\nkill "$(cat '${pid}')"\nsleep 1\nrm -rf '${server.dir}' '${directory}'\nrmdir '${dirname(directory)}' 2>/dev/null || true\n`,
  );
  say(`The archive    ${here}/archive`);
  say(`The manifests  beside each archive, *.manifest.jsonl.zst`);
  say(`The catalog    ${here}/mothball.db`);
  say(`The page       http://127.0.0.1:9310/ while the daemon runs`);
  say(`The metrics    http://127.0.0.1:9310/metrics, or run --metrics-file`);
  say(
    `IMAP           127.0.0.1 port ${server.port} (plain) or ${server.tlsPort} (TLS), ${user}, password "secret"`,
  );
  say();
  say('Play with it:');
  say(style('green', `  alias mothball="'${launcher}'"`));
  say(style('green', `  cd ${here}`));
  for (const line of [
    'mothball quota',
    'mothball plan',
    'mothball archives',
    'mothball verify',
    'mothball daemon',
  ])
    say(style('green', `  ${line}`));
  say('Read the archive without Mothball:');
  say(style('green', `  find archive -name '*.mbox.zst' -exec zstdcat {} + | less`));
  say('Stop Dovecot and remove everything:');
  say(style('green', `  sh ${directory}/stop.sh`));
}

const mib = (bytes: number): string => `${(bytes / 1024 ** 2).toFixed(1)} MiB`;
const count = (value: number): string => value.toLocaleString('en-US');

try {
  await demo();
  if (keep) {
    // Dovecot would end with this process otherwise.
    process.removeAllListeners('exit');
  }
  process.exit(0);
} catch (error) {
  // A signal ends the command that was running too; its handler cleans up and exits.
  if (stopping) await new Promise(() => undefined);
  process.stderr.write(`\nthe demo failed: ${error instanceof Error ? error.message : String(error)}\n`);
  await cleanUp();
  process.stderr.write('Dovecot is stopped, and everything of the demo is removed.\n');
  process.exit(1);
}
