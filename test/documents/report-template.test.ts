import assert from 'node:assert/strict';
import test from 'node:test';
import { documentSchema } from '../../src/documents/document.ts';
import { periodReportShape } from '../../src/documents/period-report.ts';
import { reportMessage } from '../../src/documents/report-message.ts';
import type { PeriodReport } from '../../src/watch/period-report.ts';
import { alice, bob } from '../metrics/samples.ts';

const none = { total: 0, rows: [] };
const at = (day: number): Date => new Date(Date.UTC(2026, 10, day, 7));
const quiet: PeriodReport = {
  from: at(21),
  to: at(28),
  accounts: 2,
  pause: null,
  full: none,
  failed: none,
  stores: none,
  paused: none,
  freed: none,
  quarantined: { archives: none, messages: none },
  expiring: none,
};
const one = <T>(row: T): { total: number; rows: T[] } => ({ total: 1, rows: [row] });
const failure = {
  policy: 'old',
  result: 'failed' as const,
  accounts: 1,
  example: bob,
  reason: 'no answer',
  last: at(27),
};
const damaged = { id: 'a'.repeat(64), store: 'cold', reason: 'a digest differs' };
const pause = {
  kind: 'connections' as const,
  words: 'Too many commands',
  since: at(27),
  times: 1,
  until: at(29),
};

function made(changes: Partial<PeriodReport>, zone = 'UTC') {
  const message = reportMessage({ ...quiet, ...changes }, zone, 'id');
  documentSchema('report', periodReportShape).parse(message.json);
  return message;
}

for (const [what, changes, subject, line] of [
  ['nothing', {}, 'Mothball: all is well (2026-11-28)', 'Nothing needs your attention.'],
  [
    'an account that fills up',
    { full: one({ ...alice, percent: 87.25, fullAt: at(30) }) },
    'Mothball: 1 account full soon (2026-11-28)',
    '- 87.3 %  alice@example.com on main, full on 2026-11-30',
  ],
  [
    'a full account',
    { full: one({ ...alice, percent: 100, fullAt: null }) },
    'Mothball: 1 account full soon (2026-11-28)',
    '- 100.0 %  alice@example.com on main',
  ],
  [
    'a failure',
    { failed: one(failure) },
    'Mothball: 1 failure (2026-11-28)',
    '- old on bob@example.com on main: failed, last 2026-11-27 07:00 UTC: no answer',
  ],
  [
    'a failed scan of many',
    { failed: one({ ...failure, policy: null, accounts: 300 }) },
    'Mothball: 1 failure (2026-11-28)',
    '- scan on 300 accounts, like bob@example.com on main: failed, last 2026-11-27 07:00 UTC: no answer',
  ],
  [
    'a limit',
    { failed: one({ ...failure, result: 'limit', reason: '' }) },
    'Mothball: 1 failure (2026-11-28)',
    '- old on bob@example.com on main: stopped by a limit, last 2026-11-27 07:00 UTC',
  ],
  [
    'a store',
    { stores: one({ store: 'cold', reason: 'no marker' }) },
    'Mothball: 1 disabled store (2026-11-28)',
    '- "cold": no marker',
  ],
  [
    'a damaged archive',
    { quarantined: { archives: one(damaged), messages: none } },
    'Mothball: 1 damaged archive (2026-11-28)',
    '- aaaaaaaaaaaa in store "cold": a digest differs',
  ],
  [
    'quarantined messages',
    { quarantined: { archives: none, messages: one({ server: 'main', messages: 5, new: 2 }) } },
    'Mothball: all is well (2026-11-28)',
    '- main: 5 messages, 2 of them new',
  ],
  [
    'a paused account',
    { paused: one({ ...alice, ...pause }) },
    'Mothball: 1 account paused (2026-11-28)',
    '- alice@example.com on main until 2026-11-29 07:00 UTC: the server says "Too many commands"',
  ],
  [
    'the kill switch',
    { pause: { since: at(25), who: 'root', reason: null } },
    'Mothball: paused (2026-11-28)',
    '- by root since 2026-11-25 07:00 UTC; `mothball resume` ends it',
  ],
  [
    'freed space',
    {
      freed: one({
        policy: 'old',
        archived: { messages: 3, bytes: 2048 },
        deleted: { messages: 1, bytes: 1024 },
      }),
    },
    'Mothball: all is well (2026-11-28)',
    '- old: 1 message (1.0 KiB) deleted, 3 messages (2.0 KiB) archived',
  ],
  [
    'archives that expire',
    {
      expiring: one({
        policy: 'old',
        store: 'cold',
        archives: 2,
        messages: 9,
        storedBytes: 4096,
        first: at(30),
      }),
    },
    'Mothball: all is well (2026-11-28)',
    '- old: 2 archives with 9 messages (4.0 KiB) in store "cold", the first from 2026-11-30',
  ],
] as const satisfies readonly (readonly [string, Partial<PeriodReport>, string, string])[]) {
  test(`a report shows ${what}, the same in plain text and in HTML`, () => {
    const { subject: found, text, html } = made(changes);
    assert.equal(found, subject);
    assert.ok(text.split('\n').includes(line), text);
    const plain = html
      .replaceAll(/<[^>]+>/g, '')
      .replaceAll('&quot;', '"')
      .replaceAll('&amp;', '&');
    const words = (all: string): readonly string[] => all.match(/[A-Za-z0-9@.%":`]+/g) ?? [];
    const inText = new Set(words(text));
    assert.deepEqual(
      words(plain).filter((word) => !inText.has(word)),
      [],
    );
    assert.ok(plain.includes(line.replace(/^- /, '')), plain);
    assert.equal(
      text.includes('Nothing needs your attention.'),
      !/\d (?:acc|fail|dis|dam)|paused/.test(subject),
    );
  });
}

test('what strangers wrote is escaped and bounded everywhere, and never in the subject', () => {
  const evil = `"><script>alert(1)</script>\r\nBcc: x@evil.example\n\u001b[31m\u202e${'x'.repeat(100_000)}`;
  const ref = { server: 'main', account: evil };
  const { subject, text, html, json } = made({
    full: one({ ...ref, percent: 99, fullAt: null }),
    failed: one({ ...failure, example: ref, reason: evil }),
    stores: one({ store: 'cold', reason: evil }),
    paused: one({ ...ref, ...pause, words: evil }),
    pause: { since: at(25), who: evil, reason: evil },
    quarantined: { archives: one({ ...damaged, reason: evil }), messages: none },
  });
  assert.match(subject, /^[A-Za-z0-9:,() -]{1,200}$/);
  assert.doesNotMatch(html, /<script/);
  assert.doesNotMatch(text, /^Bcc/m);
  for (const form of [text, html, JSON.stringify(json)])
    for (const mark of ['\u001b', '\u202e', '\r']) assert.ok(!form.includes(mark));
  assert.match(html, /&lt;script&gt;/);
  for (const form of [text, html, JSON.stringify(json)]) assert.ok(form.length < 10_000, String(form.length));
  for (const line of text.split('\n')) assert.ok(line.length < 1_000);
});

test('a long list says how many more there are, and times are those of the zone', () => {
  const rows = Array.from({ length: 50 }, (_, index) => ({ store: `s${index}`, reason: 'x' }));
  const { text } = made({ stores: { total: 1234, rows } }, 'Europe/Warsaw');
  assert.match(text, /^- and 1,184 more$/m);
  assert.match(text, /from 2026-11-21 08:00 \+01:00 to 2026-11-28 08:00 \+01:00/);
});
