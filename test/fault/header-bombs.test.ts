/** Mail whose headers are made to exhaust what archives it: fields as long as a mail server lets them be. */
import assert from 'node:assert/strict';
import { Buffer } from 'node:buffer';
import { readFileSync, statSync } from 'node:fs';
import test, { after, before } from 'node:test';
import { note, type SeedMessage } from '../corpus/mailbox.ts';
import { seedUser } from '../corpus/seed.ts';
import { inFull } from '../full.ts';
import { assertExit, makeSite, policy, said } from '../integration/installation.ts';
import type { Result } from '../integration/mothball.ts';
import { readArchives } from '../oracle/archives.ts';
import { assertExactlyGone } from '../oracle/nothing-lost.ts';
import { selectByRule } from '../oracle/selection.ts';
import { snapshot } from '../oracle/snapshot.ts';
import { type Dovecot, startDovecot } from '../servers/dovecot.ts';

let dovecot: Dovecot;

before(async () => {
  dovecot = await startDovecot();
});

after(() => dovecot.stop());

const mib = 1024 * 1024;
const fields = 41;
const fieldBytes = 100_000;
const bombs = inFull ? 50 : 12;
const others = inFull ? 1_000 : 100;

/** Control characters: in JSON each is six. */
function bomb(number: number): SeedMessage {
  const filling = Buffer.alloc(fieldBytes, Buffer.from([1, 2, 3, 4, 5, 6, 7, 8, 14, 15, 16 + (number % 10)]));
  const to = Buffer.concat([Buffer.from('To: x'), filling, Buffer.from('@a.example\r\n')]);
  const head = `From: a@b.example\r\nSubject: bomb ${number}\r\nMessage-ID: <${number}@bomb>\r\n`;
  const raw = [Buffer.from(head), ...Array.from({ length: fields }, () => to), Buffer.from('\r\nhi\r\n')];
  return { ...note(`bomb ${number}`, 500), raw: Buffer.concat(raw) };
}

for (const { name, match } of [
  { name: 'no header', match: { olderThan: '365d' } },
  {
    name: 'the header of the bombs',
    match: { all: [{ olderThan: '365d' }, { not: { to: ['*@rival.example'] } }] },
  },
]) {
  test(`${bombs} header bombs of 4 MB among ${others} messages, under a policy that names ${name}, cost neither memory nor a second try`, async (t) => {
    const user = `bombs-${name.length}@example.com`;
    const usual = Array.from({ length: others }, (_, index) => note(`usual ${index}`, 400 + index));
    await seedUser(dovecot, user, [
      ...usual,
      ...Array.from({ length: bombs }, (_, number) => bomb(number)),
      note('young', 3),
    ]);
    const site = await makeSite({
      server: { port: dovecot.port },
      users: [user],
      policies: [policy('old', 365, { match })],
    });
    t.after(() => site.remove());
    const full = await snapshot(dovecot, user);
    const run = async (): Promise<{ readonly result: Result; readonly peak: number }> => {
      let peak = 0;
      const result = await site.runProcess(['run', '--yes'], {
        onStart: ({ pid }) => {
          const timer = setInterval(() => (peak = Math.max(peak, peakOf(pid ?? 0))), 50);
          timer.unref();
          t.after(() => clearInterval(timer));
        },
      });
      return { result, peak };
    };
    const first = await run();
    assertExit(first.result, 0);
    assert.ok(first.peak > 0 && first.peak < 300 * mib, `${Math.round(first.peak / mib)} MiB`);
    const old = selectByRule(full, { olderThanDays: 365 }, new Date());
    // Nothing is decided on a field that is too long: such mail stays, and is named.
    const selected =
      match.olderThan === undefined ? old.filter(({ subject }) => !subject.startsWith('bomb')) : old;
    if (selected.length < old.length)
      assert.match(said(first.result), new RegExp(`kept: ${bombs} \\(undecidable: .*header to is too long`));
    const archives = readArchives(site.archiveDir);
    assertExactlyGone(full, await snapshot(dovecot, user), archives, selected);
    const stored = archives.map(({ object }) => statSync(object).size);
    assertExit((await run()).result, 0);
    assert.deepEqual(
      readArchives(site.archiveDir).map(({ object }) => statSync(object).size),
      stored,
    );
    assert.equal(archives.flatMap(({ messages }) => messages).length, selected.length);
    assert.ok(statSync(site.database).size < 20 * mib);
  });
}

/** The most memory that a process has had, in bytes; 0 when it is gone. */
function peakOf(pid: number): number {
  try {
    const [, kib = '0'] = /VmHWM:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'utf8')) ?? [];
    return Number(kib) * 1024;
  } catch {
    return 0;
  }
}
