import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import test, { after, before } from 'node:test';
import { note } from '../corpus/mailbox.ts';
import { seedUser } from '../corpus/seed.ts';
import { keyPair, type KeyPair, makeEncryptedSite } from '../integration/encrypted-site.ts';
import { assertExit, policy } from '../integration/installation.ts';
import { findFiles, readSoundArchives } from '../oracle/archives.ts';
import { assertExactlyGone, assertNothingLost } from '../oracle/nothing-lost.ts';
import { selectByRule } from '../oracle/selection.ts';
import { snapshot } from '../oracle/snapshot.ts';
import { type Dovecot, startDovecot } from '../servers/dovecot.ts';

const rule = { olderThanDays: 365 };
let dovecot: Dovecot;
let keys: KeyPair;

before(async () => {
  keys = keyPair();
  dovecot = await startDovecot();
});

after(async () => {
  await dovecot.stop();
  keys.remove();
});

for (const [what, ending] of [
  ['object', '.mbox.zst.age'],
  ['manifest', '.manifest.jsonl.zst.age'],
] as const) {
  test(`an octet of an encrypted ${what} that changed keeps its mail on the server until it is archived again`, async (t) => {
    const user = `flip-${what}@example.com`;
    await seedUser(dovecot, user, [note('one', 500, { size: 3_000 }), note('two', 600), note('young', 3)]);
    const site = await makeEncryptedSite(
      { server: { port: dovecot.port }, users: [user], policies: [policy('old', 365)] },
      keys,
    );
    t.after(() => site.remove());
    const full = await snapshot(dovecot, user);
    assertExit(await site.run(['run', '--yes']), 3);
    assertExit(await site.run(['validate', '--identity', keys.identity]), 0);
    const [path = ''] = findFiles(site.archiveDir, ending);
    const data = readFileSync(path);
    data[data.length - 40] = (data[data.length - 40] ?? 0) ^ 1;
    writeFileSync(path, data);

    assertExit(await site.run(['run', '--yes']), 4);
    const sound = (): ReturnType<typeof readSoundArchives> =>
      readSoundArchives(site.archiveDir, keys.identity);
    const selected = selectByRule(full, rule, new Date());
    assertNothingLost(full, await snapshot(dovecot, user), sound(), selected);
    await site.run(['run', '--yes']);
    assertExactlyGone(full, await snapshot(dovecot, user), sound(), selected);
    assert.equal(sound().length, 1);
  });
}
