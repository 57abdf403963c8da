import assert from 'node:assert/strict';
import { Buffer } from 'node:buffer';
import { posix, win32 } from 'node:path';
import test from 'node:test';
import fc from 'fast-check';
import { emlName, folderDirectory, maildirName, type NamedMessage } from '../../src/format/member-name.ts';

const message: NamedMessage = {
  uid: 123,
  internalDate: new Date('2019-03-04T15:30:00Z'),
  flags: ['\\Seen', '\\Flagged', '$label1'],
  from: '"Doe, Jane" <jane@example.com>',
  subject: 'Re: Invoice 17/2019',
  size: 4711,
};

/** What a person, or nobody at all, might write into a name. */
const text = fc.oneof(
  fc.string({ unit: 'binary', maxLength: 300 }),
  fc.string({ unit: 'grapheme', maxLength: 300 }),
  fc.stringMatching(/^[.\\/: ~*?"<>|\0-]{0,20}$/),
  fc.constantFrom('CON', 'nul.txt', 'COM1', 'LPT\u00b9', '..', '.', '', ' ', 'a.', 'cur', 'TMP', '\u202egpj.exe'),
  fc.string().map((part) => part.repeat(100_000)),
); // prettier-ignore

const device = /^(?:con|prn|aux|nul|conin\$|conout\$|(?:com|lpt)[\d\u00b9\u00b2\u00b3])(?:\.|$)/i;

function assertSafe(segment: string, most: number): void {
  assert.ok(segment !== '' && Buffer.byteLength(segment) <= most, JSON.stringify(segment));
  assert.doesNotMatch(segment, /[\p{C}<>:"/\\|?*]/u);
  assert.doesNotMatch(segment, /^[. -]|[. ]$/);
  assert.doesNotMatch(segment, device);
  assert.ok(segment.isWellFormed() && segment === segment.normalize('NFC'));
  assert.equal(win32.basename(segment), segment);
}

test('names tell date, sender, subject and UID, and no more than they know', () => {
  assert.equal(emlName(message), '2019-03-04_Doe-Jane_Re-Invoice-17-2019_123.eml');
  assert.equal(
    emlName({ ...message, from: '<jane@example.com>', subject: null }),
    '2019-03-04_jane-example-com_123.eml',
  );
  assert.equal(emlName({ ...message, from: null, subject: '...' }), '2019-03-04_123.eml');
  assert.equal(
    emlName({ ...message, from: 'Zoe\u0308', subject: '請求書 №5' }),
    '2019-03-04_Zo\u00eb_請求書-5_123.eml',
  );
  assert.equal(maildirName(message), '1551713400.U123.mothball,S=4711:2,FS');
  assert.equal(maildirName({ ...message, flags: ['Seen', '$Junk'] }), '1551713400.U123.mothball,S=4711:2,');
});

test('whatever the header says, a name is safe, at most 120 octets, and another for each UID in any case', () => {
  fc.assert(
    fc.property(text, text, fc.integer({ min: 1, max: 2 ** 32 - 2 }), (from, subject, uid) => {
      const name = emlName({ ...message, from, subject, uid });
      assertSafe(name, 120);
      assert.ok(name.endsWith(`_${uid}.eml`));
      const next = emlName({ ...message, from: from.toUpperCase(), subject, uid: uid + 1 });
      assert.notEqual(name.toLowerCase().normalize('NFD'), next.toLowerCase().normalize('NFD'));
    }),
  );
});

test('folders keep their names and their tree', () => {
  assert.equal(folderDirectory(['INBOX']), 'INBOX');
  assert.equal(folderDirectory(['Work', '2020', 'Q&A, R+D (old)']), 'Work/2020/Q&A, R+D (old)');
  assert.equal(folderDirectory(['Zdj\u0119cia', '日本語']), 'Zdj\u0119cia/日本語');
});

test('whatever a folder is called, its directory is safe and stays inside', () => {
  fc.assert(
    fc.property(fc.array(text, { maxLength: 8 }), (segments) => {
      const path = folderDirectory(segments);
      for (const segment of path.split('/')) assertSafe(segment, 60);
      assert.ok(Buffer.byteLength(path) <= 120);
      assert.equal(posix.normalize(path), path);
    }),
  );
});

test('a Maildir below another one cannot be taken for a part of it', () => {
  for (const name of ['cur', 'NEW', 'tmp'])
    assert.match(folderDirectory(['Work', name]), /^Work\/\w+-[0-9a-f]{8}$/);
});

test('names that had to be altered do not meet each other', () => {
  const names = [
    '', '.', '..', '...', ' ', 'a/b', 'a\\b', 'a:b', 'a*b', 'a\0b', 'a\nb', 'a.', 'a..', 'a ', 'CON', 'con', 'con.txt', '-a',
    '\ud800', '\ud801', 'cafe\u0301', 'cur', 'x'.repeat(61), 'x'.repeat(300), 'x'.repeat(301),
  ]; // prettier-ignore
  const directories = names.map((name) => folderDirectory([name]).toLowerCase());
  assert.equal(new Set(directories).size, names.length);
  const deep = Array.from({ length: 60 }, (_, level) => `level ${level}`);
  assert.notEqual(folderDirectory(deep), folderDirectory(deep.toReversed()));
});
