import assert from 'node:assert/strict';
import test, { after, before } from 'node:test';
import { note } from '../corpus/mailbox.ts';
import { seedUser } from '../corpus/seed.ts';
import { snapshot } from '../oracle/snapshot.ts';
import { type Dovecot, startDovecot } from '../servers/dovecot.ts';
import type { SearchDocument } from './documents.ts';
import { assertExit, makeSite, policy, said, type Site } from './installation.ts';

const user = 'alice@example.com';
const mime = `From: =?utf-8?Q?=C5=81ucja?= <lucja@poczta.example>
To: alice@example.com
Date: Tue, 1 Jan 2019 10:00:00 +0000
Subject: =?utf-8?Q?Za=C5=BC=C3=B3=C5=82=C4=87?=
MIME-Version: 1.0
Content-Type: multipart/mixed; boundary=b

--b
Content-Type: text/plain; charset=utf-8
Content-Transfer-Encoding: quoted-printable

Zap=C5=82acono \u001b]52;c;ZXZpbA=3D=3D\u0007
--b
Content-Type: application/pdf; name=invoice.pdf
Content-Disposition: attachment; filename=invoice.pdf
Content-Transfer-Encoding: base64

JVBERi0xLjQK
--b--
`.replaceAll('\n', '\r\n');

interface CountedDocument {
  readonly more: boolean;
  readonly total: number;
  readonly totalIsLowerBound: boolean;
}

let dovecot: Dovecot;
let site: Site;

before(async () => {
  dovecot = await startDovecot({ quotaBytes: 1_000 * 1_024 });
  const encoded = { ...note('mime', 900), raw: Buffer.from(mime) };
  await seedUser(dovecot, user, [
    encoded,
    note('first invoice', 800),
    note('second invoice draft', 700),
    note('young', 3),
  ]);
  site = await makeSite({
    server: { port: dovecot.port },
    users: [user],
    policies: [
      policy('at-once', 365),
      policy('later', 600, { delete: { after: '7d' }, archive: { to: 'local', compression: 'gzip' } }),
    ],
  });
});

after(async () => {
  await site.remove();
  await dovecot.stop();
});

test('run asks with messages, bytes and when they are deleted; no means that nothing is done', async () => {
  const untouched = await snapshot(dovecot, user);
  const asked = await site.run(['run', '--tz', 'Europe/Warsaw'], { answers: ['n'] });
  assertExit(asked, 0);
  assert.match(
    asked.stderr,
    /at-once: 3 messages, .* of 1 account; deleted at once, when the copy is verified/,
  );
  assert.match(
    asked.stderr,
    /later: 3 messages, .* of 1 account; deleted from 2\d{3}-\d\d-\d\d \d\d:\d\d \+0[12]:00/,
  );
  assert.match(
    asked.stderr,
    /Archive, verify and delete 3 messages \(.*\) of 1 account by 2 policies\? \[y\/N\] /,
  );
  assert.match(asked.stderr, /nothing was done/);
  assert.equal(site.archives().length, 0);
  assert.deepEqual((await snapshot(dovecot, user)).messages.length, untouched.messages.length);
});

test('after a yes it acts, and what status shows of the quota is what was measured afterwards', async () => {
  assertExit(await site.run(['scan']), 0);
  const percent = async (): Promise<number> => {
    const { fullest } = await site.json<{ readonly fullest: readonly { readonly percent: number }[] }>([
      'status',
    ]);
    return fullest[0]?.percent ?? assert.fail();
  };
  const full = await percent();
  const again = await site.run(['run', 'at-once'], { answers: ['y'] });
  assertExit(again, 0);
  assert.match(again.stdout, /archived 3 messages/);
  await site.configure({ policies: [policy('at-once', 365)] });
  assertExit(await site.run(['run', '--yes']), 0);
  assert.ok((await percent()) < full, `${await percent()}`);
});

test('show decodes a message on a terminal, with what is attached, and nothing in it acts', async () => {
  const { messages } = await site.json<SearchDocument>(['search', 'zazolc']);
  const id = messages[0]?.id ?? assert.fail();
  const shown = await site.run(['show', id], { onTerminal: true });
  assertExit(shown, 0);
  assert.match(shown.stdout, /^From: Łucja <lucja@poczta\.example>$/m);
  assert.match(shown.stdout, /^Subject: Zażółć$/m);
  assert.match(shown.stdout, /^Attachment: invoice\.pdf \(application\/pdf, 9 B\)$/m);
  assert.match(shown.stdout, /^Zapłacono \\u\{1b\}\]52;c;ZXZpbA==\\u\{7\}$/m);
  const raw = await site.run(['show', id, '--raw'], { onTerminal: true });
  assert.equal(raw.stdout, mime);
  assert.equal((await site.run(['show', id])).stdout, mime);
  const index = await site.run(['show', id, '--headers']);
  assert.match(index.stdout, /^From: Łucja [^]*^Received: 2\d{3}-.* UTC$[^]*^Folder: INBOX$/m);
  assert.doesNotMatch(index.stdout, /\{|null/);
});

test('search says when there is more, excludes words, and refuses what it does not know', async () => {
  const two = await site.run(['search', '--limit', '2']);
  assertExit(two, 0);
  assert.match(two.stderr, /^the newest 2 of 3 messages; --limit shows more$/m);
  const some = await site.json<SearchDocument & CountedDocument>(['search', '--limit', '2']);
  assert.deepEqual(
    [some.more, some.messages.length, some.total, some.totalIsLowerBound],
    [true, 2, 3, false],
  );
  const none = await site.json<SearchDocument & CountedDocument>(['search', 'nowhere']);
  assert.deepEqual([none.more, none.total, none.totalIsLowerBound], [false, 0, false]);
  assert.doesNotMatch(said(await site.run(['search', '--limit', '3'])), /more/);
  const found = await site.run(['search', 'invoice', '-draft']);
  assertExit(found, 0);
  assert.match(found.stdout, /first invoice/);
  assert.doesNotMatch(found.stdout, /second invoice/);
  const either = await site.run(['search', 'first', 'OR', 'second']);
  assert.match(either.stdout, /first invoice/);
  assert.match(either.stdout, /second invoice/);
  assert.match((await site.run(['search', 'ada', 'AND', 'bob'])).stderr, /must match all parts/);
  assertExit(await site.run(['search', '--limt', '2']), 2);
});

test('tables fit the terminal, and are complete in a pipe', async () => {
  for (const columns of [60, 80, 160]) {
    for (const command of ['search', 'archives', 'runs', 'audit', 'status', 'quota']) {
      const { stdout } = await site.run([command], { onTerminal: true, columns });
      const widest = Math.max(...stdout.split('\n').map((line) => line.length));
      assert.ok(widest <= columns, `${command} at ${columns}: ${widest}\n${stdout}`);
    }
  }
  assert.match((await site.run(['search', 'first'])).stdout, /Ada Byron <ada@example\.org> +first invoice/);
});

test('colour says what is full; --no-color takes it away', async () => {
  const env = { TERM: 'xterm-256color', FORCE_COLOR: '1' };
  const red = '\u001b[31m';
  assert.ok(!(await site.run(['quota'], { env })).stdout.includes(red), 'it is not full');
  const small = await startDovecot({ shareMailOf: dovecot, quotaBytes: 1024 });
  try {
    await seedUser(dovecot, user, [note('fills it', 3, { size: 1000 })]);
    await site.configure({ server: { port: small.port } });
    assert.ok((await site.run(['quota'], { env })).stdout.includes(red));
    assert.ok(!(await site.run(['--no-color', 'quota'], { env })).stdout.includes('\u001b'));
  } finally {
    await site.configure({ server: { port: dovecot.port } });
    await small.stop();
  }
});

test('archives refuses a store or policy that nothing knows; those of a removed policy are still listed', async () => {
  for (const [option, name] of [
    ['--store', 'locl'],
    ['--policy', 'at-onec'],
  ] as const) {
    const refused = await site.run(['archives', option, name]);
    assertExit(refused, 2);
    assert.match(
      refused.stderr,
      /there is no (store|policy) ".*", neither in the configuration nor in any archive\. Did you mean "/,
    );
  }
  assertExit(await site.run(['archives', '--policy', 'at-once']), 0);
  assert.match((await site.run(['archives', '--quarantined'])).stdout, /^no quarantined archives$/m);
});

test('audit shows who looked at what', async () => {
  const audit = await site.run(['audit', '--action', 'show', '--limit', '1']);
  assertExit(audit, 0);
  assert.match(
    audit.stdout,
    /^WHEN +WHO +ACTION +ACCOUNT +DETAIL\n.* show +alice@example\.com +[0-9a-f]+\/\d+/,
  );
  assert.match(audit.stderr, /the newest 1 of \d+; --limit shows more/);
  const [titles, ...lines] = (await site.run(['audit', '--csv'])).stdout.trimEnd().split('\n');
  assert.equal(titles, 'at,who,action,account,detail');
  assert.match(lines.join('\n'), /^\d{4}-[^,]+Z,[^,]+,show,/m);
  assertExit(await site.run(['audit', '--csv', '--json']), 2);
  assertExit(await site.run(['audit', '--since', 'yesterday']), 2);
});

test('a second pause says that it was paused already, and its reason ends in one mark', async (t) => {
  t.after(() => site.run(['resume']));
  const first = await site.run(['pause', '--reason', 'why so few?', '--tz', 'Asia/Tokyo']);
  assert.match(
    first.stdout,
    /^paused by .* since \d{4}-\d\d-\d\d \d\d:\d\d \+09:00: why so few\? Running jobs/,
  );
  assert.match((await site.run(['pause'])).stdout, /^already paused by .*: why so few\? /);
});

test('status --watch shows it again until it is stopped', async () => {
  let pictures = 0;
  const result = await site.run(['status', '--watch', '0.5'], {
    onStart: (stop) => void setTimeout(() => stop('SIGINT'), 2_500).unref(),
  });
  pictures = result.stdout.match(/^Policies$/gm)?.length ?? 0;
  assertExit(result, 130);
  assert.ok(pictures >= 2, `${pictures}`);
  assertExit(await site.run(['status', '--watch', 'often']), 2);
});
