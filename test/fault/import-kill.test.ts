import assert from 'node:assert/strict';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import test from 'node:test';
import type { ArchivesDocument } from '../integration/documents.ts';
import { assertExit, describe, makeSite, policy, type Site } from '../integration/installation.ts';
import { findFiles } from '../oracle/archives.ts';

const user = 'alice@example.com';
const count = 25;

/** A site with an mbox beside it; its server is never asked. */
async function fixture(): Promise<{ readonly site: Site; readonly args: readonly string[] }> {
  const site = await makeSite({ server: { port: 9 }, users: [user], policies: [policy('old', 365)] });
  const path = join(site.dir, 'old.mbox');
  const messages = Array.from(
    { length: count },
    (_, number) => `From a@b Sun Mar  1 00:00:00 2015\nSubject: ${number}\n\n${'text\n'.repeat(100)}\n`,
  );
  await writeFile(path, messages.join(''));
  return { site, args: ['import', path, '--account', user, '--folder', 'Old'] };
}

test('killed at any fail point, an import is finished by the next one, and nothing is doubled', async () => {
  const whole = await fixture();
  const log = join(whole.site.dir, 'hits.log');
  assertExit(await whole.site.runProcess(whole.args, { env: { MOTHBALL_FAILPOINT_LOG: log } }), 0);
  const hits = (await readFile(log, 'utf8')).trim().split('\n');
  await whole.site.remove();
  assert.ok(hits.length >= 6, hits.join());
  const rest = [...hits.entries()];
  const worker = async (): Promise<void> => {
    for (let next = rest.shift(); next !== undefined; next = rest.shift())
      await killedAt(next[0] + 1, next[1]);
  };
  await Promise.all([worker(), worker()]);
});

async function killedAt(at: number, hit: string): Promise<void> {
  const { site, args } = await fixture();
  try {
    const killed = await site.runProcess(args, { env: { MOTHBALL_FAILPOINT: String(at) } });
    assert.equal(killed.signal, 'SIGKILL', `${hit}: ${describe(killed)}`);
    assertExit(await site.run(args), 0);
    const archives = site.archives();
    assert.deepEqual(
      archives.map(({ messages }) => messages.length),
      [count],
      hit,
    );
    assert.equal(findFiles(site.archiveDir, '.mbox.zst').length, 1, `${hit}: one object`);
    const listed = await site.json<ArchivesDocument>(['archives']);
    assert.deepEqual(
      listed.archives.map(({ messages, state }) => [messages, state]),
      [[count, 'verified']],
      hit,
    );
  } finally {
    await site.remove();
  }
}
