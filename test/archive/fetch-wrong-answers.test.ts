import assert from 'node:assert/strict';
import test, { after, before } from 'node:test';
import { note } from '../corpus/mailbox.ts';
import { seedUser } from '../corpus/seed.ts';
import { type ProxiedResponse, type ResponseVerdict, startProxy } from '../fault/imap-proxy.ts';
import { assertExit, makeSite, policy } from '../integration/installation.ts';
import { subjects } from '../integration/subjects.ts';
import { assertExactlyGone, assertNothingLost } from '../oracle/nothing-lost.ts';
import { snapshot } from '../oracle/snapshot.ts';
import { type Dovecot, startDovecot } from '../servers/dovecot.ts';

let dovecot: Dovecot;

before(async () => {
  dovecot = await startDovecot();
});

after(() => dovecot.stop());

const mail = [
  note('one', 500, { size: 1_000 }),
  note('two', 501, { size: 2_000 }),
  note('three', 502, { size: 3_000 }),
];

/** A FETCH row with other words around its literal, or another literal. */
function rewrite(
  { lines, literals }: ProxiedResponse,
  change: (text: string) => string,
  body = literals[0] ?? Buffer.alloc(0),
): Buffer {
  const [head = '', tail = ''] = lines;
  const start = change(head).replace(/\{\d+\}$/, `{${body.length}}`);
  return Buffer.concat([Buffer.from(`${start}\r\n`), body, Buffer.from(`${change(tail)}\r\n`)]);
}

const isBody = ({ text, literals }: ProxiedResponse): boolean =>
  literals.length > 0 && /^\* \d+ FETCH .*BODY\[\]/.test(text);
const uidOf = (response: ProxiedResponse): number => Number(/\bUID (\d+)/.exec(response.text)?.[1]);
const relabel =
  (from: number, to: number) =>
  (text: string): string =>
    text.replace(`UID ${from}`, `UID ${to}`);

interface Lie {
  readonly name: string;
  readonly rules: () => (response: ProxiedResponse) => ResponseVerdict;
  /** Subjects that may not leave while the server lies. */
  readonly stay: readonly string[];
  /** Subjects that the next run, through a sound server, still keeps. */
  readonly quarantined?: readonly string[];
}

const lies: readonly Lie[] = [
  {
    name: 'each body comes under a UID that was not asked for',
    rules: () => (response) =>
      isBody(response)
        ? { replace: rewrite(response, relabel(uidOf(response), uidOf(response) + 1_000)) }
        : 'pass',
    stay: ['one', 'three', 'two'],
  },
  {
    name: 'two bodies come under each other’s UID',
    rules: () => (response) => {
      const uid = uidOf(response);
      if (!isBody(response) || uid > 2) return 'pass';
      return { replace: rewrite(response, relabel(uid, 3 - uid)) };
    },
    stay: ['one', 'two'],
  },
  {
    name: 'a row with other octets of the same length comes first, once',
    rules: () => {
      let lied = false;
      return (response) => {
        if (lied || !isBody(response) || uidOf(response) !== 2) return 'pass';
        lied = true;
        const [body = Buffer.alloc(0)] = response.literals;
        const forged = Buffer.from(body.toString('latin1').replaceAll('two', 'owt'), 'latin1');
        return { replace: Buffer.concat([rewrite(response, (text) => text, forged), response.raw]) };
      };
    },
    stay: ['two'],
  },
  {
    name: 'a body has another length each time it is read',
    rules: () => {
      let reads = 0;
      return (response) => {
        if (!isBody(response) || uidOf(response) !== 2) return 'pass';
        reads += 1;
        return {
          replace: rewrite(response, (text) => text, response.literals[0]?.subarray(0, 1_000 + reads)),
        };
      };
    },
    stay: ['two'],
    quarantined: ['two'],
  },
];

for (const [index, { name, rules, stay, quarantined }] of lies.entries()) {
  test(`when ${name}, what is in doubt stays`, async (t) => {
    const user = `lie${index}@example.com`;
    await seedUser(dovecot, user, mail);
    const full = await snapshot(dovecot, user);
    const proxy = await startProxy(dovecot, { onResponse: rules() });
    t.after(() => proxy.stop());
    const site = await makeSite({
      server: { port: proxy.port },
      users: [user],
      policies: [policy('old', 365)],
    });
    t.after(() => site.remove());
    await site.run(['run', '--yes']);
    const now = await snapshot(dovecot, user);
    assertNothingLost(full, now, site.archives(), full.messages);
    assert.deepEqual(subjects(now), stay);
    proxy.rules = {};
    for (const _round of [1, 2]) assertExit(await site.run(['run', '--yes']), 0);
    const end = await snapshot(dovecot, user);
    assertExactlyGone(
      full,
      end,
      site.archives(),
      full.messages.filter(({ subject }) => quarantined?.includes(subject) !== true),
    );
    if (quarantined === undefined) return;
    const listed = await site.run(['archives', '--quarantined']);
    assert.match(
      listed.stdout,
      /no quarantined archives\nquarantined messages, kept on the server:\nACCOUNT.*\n.*INBOX +2 /,
    );
    assertExit(await site.run(['verify', '--lift-quarantine']), 0);
    assertExit(await site.run(['run', '--yes']), 0);
    assertExactlyGone(full, await snapshot(dovecot, user), site.archives(), full.messages);
  });
}
