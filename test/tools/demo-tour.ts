import { execFileSync } from 'node:child_process';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { findFiles } from '../oracle/archives.ts';
import { type CommandLine, say, step, style } from './demo-console.ts';

const query = 'subject:invoice from:ada';

/** The archive: finding mail in it, reading it without Mothball, losing the database, restoring everything. */
export async function showRest(commandLine: CommandLine, directory: string): Promise<void> {
  step('5. Find a message in the archive and read it');
  await commandLine.mothball(['search', query, '--limit', '5']);
  const json = await commandLine.mothball(['search', query, '--limit', '1', '--json'], { silent: true });
  await commandLine.mothball(['show', firstId(json)], { head: 20 });

  step(
    '6. The archive without Mothball',
    'It is plain mbox, compressed with zstd. Any mail program can import it.',
  );
  const files = findFiles(join(directory, 'archive'), '.mbox.zst');
  const mbox = execFileSync('zstd', ['-dcq', ...files], { maxBuffer: 2 ** 30 });
  say(style('green', `$ find archive -name '*.mbox.zst' -exec zstdcat {} + | grep -c '^From '`));
  say(String(mbox.toString('latin1').match(/^From /gm)?.length ?? 0));

  step(
    '7. Lose the database, and put everything back',
    'The archive alone is enough: reindex rebuilds the catalog from it. A message that is on the',
    'server already is not doubled.',
  );
  say(style('green', '$ rm mothball.db*'));
  for (const ending of ['', '-wal', '-shm'])
    await rm(join(directory, `mothball.db${ending}`), { force: true });
  await commandLine.mothball(['reindex']);
  await commandLine.mothball(['restore', '--all', '--yes']);
}

function firstId(json: string): string {
  const id = /"id": "([^"]+)"/.exec(json)?.[1];
  if (id === undefined) throw new Error(`the search for ${query} found nothing`);
  return `${id.slice(0, 12)}${id.slice(id.indexOf('/'))}`;
}
