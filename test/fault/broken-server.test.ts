import assert from 'node:assert/strict';
import test, { after, before } from 'node:test';
import { mailbox, note } from '../corpus/mailbox.ts';
import { seedUser } from '../corpus/seed.ts';
import { assertExit, describe, makeSite, policy } from '../integration/installation.ts';
import { bySubject } from '../integration/subjects.ts';
import { meddle } from '../oracle/meddle.ts';
import { assertExactlyGone, assertNothingLost } from '../oracle/nothing-lost.ts';
import { selectByRule } from '../oracle/selection.ts';
import { snapshot, type Snapshot } from '../oracle/snapshot.ts';
import { type Dovecot, startDovecot } from '../servers/dovecot.ts';
import { type ProxyRules, startProxy } from './imap-proxy.ts';

let dovecot: Dovecot;

before(async () => {
  dovecot = await startDovecot();
});

after(() => dovecot.stop());

interface Fault {
  readonly name: string;
  /** Rules of a fresh proxy; `full` is what the mailbox held. */
  readonly rules: (user: string, full: Snapshot) => ProxyRules;
  /** What the product may not delete while the fault lasts. */
  readonly stays: 'all' | ((full: Snapshot) => readonly string[]) | 'nothing';
  /** True when a later run through a sound connection must finish the work. */
  readonly recovers: boolean;
  /** True when the run must not exit 0: what it was to do was not done, and nobody else explains it. */
  readonly fails?: true;
}

const isBody = (rest: string): boolean => /BODY\.PEEK\[\]/i.test(rest);
const once = (): (() => boolean) => {
  let fresh = true;
  return () => fresh && !(fresh = false);
};

const faults: readonly Fault[] = [
  {
    name: 'the connection breaks in the middle of a message',
    rules: () => {
      const first = once();
      return {
        onResponse: ({ literals, raw }) =>
          (literals[0]?.length ?? 0) > 3_000 && first() ? { cutAfter: raw.length - 1_000 } : 'pass',
      };
    },
    stays: 'nothing',
    recovers: true,
  },
  {
    name: 'every message breaks the connection',
    rules: () => ({
      onResponse: ({ literals, command, raw }) =>
        literals.length > 0 && isBody(command?.rest ?? '') ? { cutAfter: raw.length - 20 } : 'pass',
    }),
    stays: 'all',
    recovers: false,
    fails: true,
  },
  {
    name: 'bodies come shorter than RFC822.SIZE said',
    rules: () => ({
      onResponse: ({ literals, command, lines }) => {
        const [body] = literals;
        if (body === undefined || !isBody(command?.rest ?? '')) return 'pass';
        const short = body.subarray(0, body.length - 10);
        const first = (lines[0] ?? '').replace(/\{\d+\}$/, `{${short.length}}`);
        return {
          replace: Buffer.concat([Buffer.from(`${first}\r\n`), short, Buffer.from(`${lines[1] ?? ''}\r\n`)]),
        };
      },
    }),
    stays: 'all',
    recovers: false,
  },
  {
    name: 'STORE answers OK but does nothing',
    rules: () => ({
      onCommand: ({ name, tag }) => (name === 'UID STORE' ? { reply: `${tag} OK done\r\n` } : 'pass'),
    }),
    stays: 'all',
    recovers: true,
  },
  {
    name: 'STORE answers NO',
    rules: () => ({
      onCommand: ({ name, tag }) => (name === 'UID STORE' ? { reply: `${tag} NO not now\r\n` } : 'pass'),
    }),
    stays: 'all',
    recovers: true,
    fails: true,
  },
  {
    name: 'STORE answers MODIFIED for all',
    rules: () => ({
      onCommand: ({ name, tag, rest }) =>
        name === 'UID STORE' && rest.includes('+FLAGS')
          ? { reply: `${tag} OK [MODIFIED ${rest.split(' ')[0]}] conflict\r\n` }
          : 'pass',
    }),
    stays: 'all',
    recovers: true,
  },
  {
    name: 'EXPUNGE answers an untagged NO and a tagged OK, having removed nothing',
    rules: () => ({
      onCommand: ({ name, tag }) =>
        name === 'UID EXPUNGE'
          ? { reply: `* NO some messages were not expunged\r\n${tag} OK done\r\n` }
          : 'pass',
    }),
    stays: 'all',
    recovers: true,
    fails: true,
  },
  {
    name: 'the connection breaks right after EXPUNGE was sent',
    rules: () => {
      const first = once();
      return { onResponse: ({ command }) => (command?.name === 'UID EXPUNGE' && first() ? 'cut' : 'pass') };
    },
    stays: 'nothing',
    recovers: true,
  },
  {
    name: 'the connection breaks between STORE and EXPUNGE',
    rules: () => {
      const first = once();
      return { onCommand: ({ name }) => (name === 'UID EXPUNGE' && first() ? 'cut' : 'pass') };
    },
    stays: 'nothing',
    recovers: true,
  },
  {
    name: 'a user flags a target between recheck and STORE',
    rules: (user, full) => {
      const first = once();
      return {
        async onCommand({ name }): Promise<'pass'> {
          if (name !== 'UID STORE' || !first()) return 'pass';
          await meddle(dovecot, user, 'INBOX', [
            `UID STORE ${bySubject(full, 'late flag').uid} +FLAGS (\\Flagged)`,
          ]);
          return 'pass';
        },
      };
    },
    stays: () => ['late flag'],
    recovers: false,
  },
  {
    name: 'SEARCH finds everything',
    rules: (_, full) => ({
      onResponse: ({ text, command }) => {
        if (command?.name !== 'UID SEARCH' || !/^\* E?SEARCH/.test(text)) return 'pass';
        const uids = full.messages.filter(({ folder }) => folder === 'INBOX').map(({ uid }) => uid);
        return {
          replace: text.startsWith('* ESEARCH')
            ? `* ESEARCH (TAG "${command.tag}") UID ALL ${uids.join(',')}\r\n`
            : `* SEARCH ${uids.join(' ')}\r\n`,
        };
      },
    }),
    stays: 'nothing',
    recovers: false,
  },
  {
    name: 'capabilities come in lower case',
    rules: () => ({
      onResponse: ({ raw, text }) =>
        /CAPABILITY/.test(text)
          ? {
              replace: raw
                .toString('latin1')
                .replaceAll(/[A-Z=+-]{4,}/g, (word) =>
                  /^(CAPABILITY|LOGIN|AUTHENTICATE)$/.test(word) ? word : word.toLowerCase(),
                ),
            }
          : 'pass',
    }),
    stays: 'nothing',
    recovers: true,
  },
];

for (const [index, { name, rules, stays, recovers, fails }] of faults.entries()) {
  test(`when ${name}, nothing is lost`, async (t) => {
    const user = `fault${index}@example.com`;
    await seedUser(dovecot, user, [
      note('late flag', 900),
      ...mailbox({ seed: 40 + index, count: 25, ages: { from: 100, to: 900 }, meanSize: 6_000 }),
    ]);
    const full = await snapshot(dovecot, user);
    const selected = selectByRule(full, { olderThanDays: 365 }, new Date());
    const proxy = await startProxy(dovecot, rules(user, full));
    t.after(() => proxy.stop());
    const site = await makeSite({
      server: { port: proxy.port },
      users: [user],
      policies: [policy('old', 365)],
    });
    t.after(() => site.remove());

    const run = await site.run(['run', '--yes']);
    if (fails === true) assert.ok(run.code === 1 || run.code === 3, describe(run));
    else assertExit(run, 0);
    const now = await snapshot(dovecot, user);
    assertNothingLost(full, now, site.archives(), selected);
    assert.ok(
      !now.messages.some(({ flags }) => flags.includes('\\Deleted')),
      'a \\Deleted mark was left behind',
    );
    if (stays === 'all') {
      assert.deepEqual(now.messages.length, full.messages.length);
    } else if (stays !== 'nothing') {
      const kept = stays(full);
      const rest = selected.filter(({ subject }) => !kept.includes(subject));
      assert.equal(full.messages.length - now.messages.length, rest.length);
    }
    if (!recovers) return;
    proxy.rules = {};
    assertExit(await site.run(['run', '--yes']), 0);
    assertExactlyGone(full, await snapshot(dovecot, user), site.archives(), selected);
  });
}
