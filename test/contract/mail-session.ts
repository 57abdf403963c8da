import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import test from 'node:test';
import { bytes, uid } from '../../src/domain/brands.ts';
import { MothballError } from '../../src/errors.ts';
import type { BodyEvent } from '../../src/ports/mail.ts';
import { mailSessionRemoval } from './mail-session-removal.ts';
import { mailSessionSurvey } from './mail-session-survey.ts';
import { all, failsWith, freshUser, type Lacks, type MailWorld, message } from './mail-world.ts';

/** What every MailSession promises (src/ports/mail.ts), also where the server lacks something. */
export function mailSessionContract(name: string, world: () => MailWorld, lacks: Lacks = {}): void {
  test(`${name}: every folder is listed once with the name that patterns see`, async () => {
    await using session = await world().open(freshUser());
    const nested = world().path('Work', 'Zażółć & co');
    await session.createFolder(nested);
    await session.createFolder(nested);
    const folders = await session.folders();
    assert.equal(new Set(folders.map(({ path }) => path)).size, folders.length);
    assert.equal(folders.find(({ path }) => path === nested)?.name, 'Work/Zażółć & co');
    const inbox = folders.find(({ roles }) => roles.includes('inbox'));
    assert.equal(inbox?.name, 'INBOX');
    assert.equal(inbox?.selectable, true);
    assert.equal((await session.examine(nested)).messages, 0);
  });

  test(`${name}: quota is told per root in octets`, async () => {
    const user = freshUser();
    await using session = await world().open(user);
    await session.append('INBOX', message('fill', 'x'.repeat(200_000)), [], null);
    const roots = await session.quota(['INBOX']);
    assert.equal(roots?.length, 1);
    assert.equal(roots[0]?.name, world().quotaRoot);
    assert.deepEqual(roots[0]?.folders, ['INBOX']);
    assert.equal(roots[0]?.storage?.limit, world().quotaLimit);
    const used = roots[0]?.storage?.used ?? 0;
    assert.ok(Math.abs(used - 200_050) < 1024, String(used));
  });

  test(`${name}: append keeps octets, flags, keywords and date, and tells the UID`, async () => {
    const user = freshUser();
    await using session = await world().open(user);
    const end = lacks.openEnd === undefined ? 'no final line end' : '';
    const body = message('kept', `>From me\r\n\xe9 8-bit\r\n${end}`);
    const date = new Date('2001-02-03T04:05:06Z');
    const made = await session.append('INBOX', body, ['\\Seen', '\\Flagged', 'Work$1'], date);
    const state = await session.examine('INBOX');
    assert.deepEqual(state.uidValidity, made.uidValidity);
    assert.equal(state.messages, 1);
    const raw = await world().raw(user);
    const [stored] = await raw.fetchAll('INBOX');
    raw.close();
    assert.deepEqual(stored?.body, body);
    assert.equal(stored?.uid, made.uid);
    const [meta] = await all(session.fetchMeta(await session.search([]), { headers: ['Subject', 'X-None'] }));
    assert.deepEqual([...(meta?.flags ?? [])].sort(), ['Work$1', '\\flagged', '\\seen']);
    assert.deepEqual(meta?.internalDate, date);
    assert.equal(meta?.size, body.length);
    assert.deepEqual(
      meta?.headers,
      new Map<string, readonly string[]>([
        ['subject', ['kept']],
        ['x-none', []],
      ]),
    );
    assert.equal(meta?.savedDate, null);
  });

  test(`${name}: append reaches the folder that is examined, which stays read-only`, async () => {
    await using session = await world().open(freshUser());
    await session.append('INBOX', message('one'), [], null);
    await session.examine('INBOX');
    for (const subject of ['two', 'three']) await session.append('INBOX', message(subject), [], null);
    await assert.rejects(session.markDeleted([uid(1)], null), failsWith('guard'));
    assert.equal((await session.examine('INBOX')).messages, 3);
    await assert.rejects(session.markDeleted([uid(1)], null), failsWith('guard'));
    await session.append('INBOX', message('four'), ['Work$1'], null);
    assert.deepEqual(await session.size('INBOX').then(({ messages }) => messages), 4);
  });

  test(`${name}: size counts messages and octets`, async () => {
    await using session = await world().open(freshUser());
    assert.deepEqual(await session.size('INBOX'), { messages: 0, bytes: 0 });
    const body = message('size');
    await session.append('INBOX', body, [], null);
    await session.append('INBOX', body, [], null);
    assert.deepEqual(await session.size('INBOX'), { messages: 2, bytes: 2 * body.length });
  });

  test(`${name}: search joins its terms with AND and returns ascending UIDs`, async () => {
    await using session = await world().open(freshUser());
    for (const [year, flags] of [
      [2001, ['\\Seen']],
      [2011, ['\\Seen', 'Keep']],
      [2001, []],
    ] as const) {
      await session.append('INBOX', message('s', 'y'.repeat(year)), flags, new Date(Date.UTC(year, 5, 5)));
    }
    await session.examine('INBOX');
    const day = new Date('2005-01-01');
    assert.deepEqual(await session.search([]), [1, 2, 3]);
    assert.deepEqual(await session.search([{ kind: 'before', day }]), [1, 3]);
    assert.deepEqual(
      await session.search([
        { kind: 'before', day },
        { kind: 'flag', flag: 'seen', set: true },
      ]),
      [1],
    );
    assert.deepEqual(await session.search([{ kind: 'keyword', keyword: 'Keep', set: true }]), [2]);
    assert.deepEqual(await session.search([{ kind: 'keyword', keyword: 'Keep', set: false }]), [1, 3]);
    assert.deepEqual(await session.search([{ kind: 'larger', bytes: bytes(2050) }]), [2]);
    assert.deepEqual(await session.search([{ kind: 'larger', bytes: bytes(1_000_000) }]), []);
  });

  test(`${name}: bodies come whole or in pieces, exact, and what is gone is missing`, async () => {
    const user = freshUser();
    await using session = await world().open(user);
    const small = message('small');
    const large = message('large', `${'0123456789abcdef'.repeat(64)}\r\n`.repeat(5000));
    await session.append('INBOX', small, [], null);
    await session.append('INBOX', large, [], null);
    const [one, two] = await session.examine('INBOX').then(() => session.search([]));
    assert.ok(one !== undefined && two !== undefined);
    const gone = uid(4000);
    const events: BodyEvent[] = [];
    const wanted = [
      { uid: one, size: bytes(small.length) },
      { uid: two, size: bytes(large.length) },
      { uid: gone, size: bytes(5) },
    ];
    await session.fetchBodies(wanted, async (event) => {
      await new Promise((resolve) => setImmediate(resolve));
      events.push(event);
    });
    const whole = events.find((event) => event.kind === 'whole');
    assert.deepEqual(whole, { kind: 'whole', uid: one, data: new Uint8Array(small) });
    const parts = events.flatMap((event) => (event.kind === 'part' ? [event.data] : []));
    assert.ok(parts.length > 1);
    assert.deepEqual(Buffer.concat(parts), large);
    assert.deepEqual(events.slice(-2), [
      { kind: 'end', uid: two, length: large.length },
      { kind: 'missing', uid: gone },
    ]);
    const raw = await world().raw(user);
    assert.deepEqual(
      (await raw.fetchAll('INBOX')).map(({ flags }) => flags),
      [[], []],
    );
    raw.close();
  });

  test(`${name}: header digests cover the header block and no more`, async () => {
    await using session = await world().open(freshUser());
    await session.append('INBOX', message('digest', 'one\r\n'), [], null);
    await session.append('INBOX', message('digest', 'two\r\n'), [], null);
    await session.examine('INBOX');
    const digests = await session.headerDigests([uid(1), uid(2), uid(9)]);
    const header = 'From: Ann <ann@example.com>\r\nSubject: digest\r\n\r\n';
    const expected = createHash('sha256').update(header).digest('hex');
    assert.deepEqual(
      [...digests],
      [
        [1, expected],
        [2, expected],
      ],
    );
  });

  test(`${name}: a folder that does not exist is missing, and nothing stays selected`, async () => {
    await using session = await world().open(freshUser());
    await session.examine('INBOX');
    await assert.rejects(session.examine(world().path('Nowhere')), (error) => {
      assert.ok(error instanceof MothballError && ['missing', 'protocol'].includes(error.code));
      return true;
    });
    await assert.rejects(session.search([]), failsWith('guard'));
    await assert.rejects(
      session.append(world().path('Nowhere'), message('x'), [], null),
      failsWith('missing'),
    );
  });

  mailSessionSurvey(name, world);
  mailSessionRemoval(name, world, lacks);
}
