import assert from 'node:assert/strict';
import { copyFileSync, rmSync } from 'node:fs';
import test, { after, before } from 'node:test';
import { note } from '../corpus/mailbox.ts';
import { seedUser } from '../corpus/seed.ts';
import { assertExit, describe, makeSite, policy, said } from '../integration/installation.ts';
import { subjects } from '../integration/subjects.ts';
import { type Archive, readSoundArchives } from '../oracle/archives.ts';
import { flipByte } from '../oracle/flip-byte.ts';
import { assertNothingLost } from '../oracle/nothing-lost.ts';
import { snapshot } from '../oracle/snapshot.ts';
import { type Dovecot, startDovecot } from '../servers/dovecot.ts';
import { inParts } from './beside-site.ts';
import { type CommandVerdict, startProxy } from './imap-proxy.ts';

let dovecot: Dovecot;

before(async () => {
  dovecot = await startDovecot();
});

after(() => dovecot.stop());

const changes: readonly {
  readonly what: string;
  readonly change: (archive: Archive, other: Archive) => void;
}[] = [
  { what: 'one byte of its object changed', change: ({ object }) => flipByte(object) },
  { what: 'one byte of its manifest changed', change: ({ manifest }) => flipByte(manifest) },
  { what: 'its manifest was removed', change: ({ manifest }) => rmSync(manifest) },
  {
    what: 'its manifest was overwritten with that of another archive',
    change: ({ manifest }, other) => {
      rmSync(manifest);
      copyFileSync(other.manifest, manifest);
    },
  },
];

/** One archive each: small, so that all are verified before anything is deleted. */
const mail = Array.from({ length: 4 }, (_, index) => note(`part ${index}`, 500 + index, { size: 700_000 }));

for (const [index, { what, change }] of changes.entries()) {
  test(`mail of an archive that this run verified stays when ${what} before its turn`, async (t) => {
    const user = `altered${index}@example.com`;
    await seedUser(dovecot, user, mail);
    const proxy = await startProxy(dovecot);
    t.after(() => proxy.stop());
    const site = await makeSite({
      server: { port: proxy.port },
      users: [user],
      policies: [policy('old', 365, { archive: inParts })],
    });
    t.after(() => site.remove());
    const full = await snapshot(dovecot, user);
    let altered: Archive | null = null;
    proxy.rules = {
      onCommand({ name, rest }): CommandVerdict {
        if (name !== 'UID STORE' || altered !== null) return 'pass';
        // The one whose mail goes last: the next one may have been read ahead.
        const [last, other] = site.archives().toSorted((a, b) => uidOf(b) - uidOf(a));
        assert.ok(last !== undefined && other !== undefined);
        assert.ok(!rest.startsWith(`${uidOf(last)} `), 'another one goes first');
        altered = last;
        change(last, other);
        return 'pass';
      },
    };

    const noticed = await site.run(['run', '--yes']);
    assert.match(said(noticed), /no longer what was written/, describe(noticed));
    const midway = await snapshot(dovecot, user);
    assert.equal(subjects(midway, 'INBOX').length, 1);
    assertNothingLost(full, midway, readSoundArchives(site.archiveDir), full.messages);

    assertExit(await site.run(['run', '--yes']), 0);
    const end = await snapshot(dovecot, user);
    assert.equal(subjects(end, 'INBOX').length, 0);
    assertNothingLost(full, end, readSoundArchives(site.archiveDir), full.messages);
  });
}

function uidOf({ messages }: Archive): number {
  return messages[0]?.line.uid ?? 0;
}
