/** Files of mail as they are written, byte for byte. */
import assert from 'node:assert/strict';
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test, { after } from 'node:test';
import { localMailFiles } from '../../src/mailfiles/mail-files.ts';
import type { MailFileKind, MailToWrite } from '../../src/ports/mail-files.ts';

const root = mkdtempSync(join(tmpdir(), 'write-'));
after(() => rmSync(root, { recursive: true }));

const date = new Date('2024-05-06T07:08:09Z');
const mail = (folder: string, id: string, text: string): MailToWrite => ({
  origin: { server: 'office', account: 'alice@example.com', folder },
  id,
  internalDate: date,
  flags: ['\\Seen', '$Forwarded', 'work'],
  subject: 'Re: a/b',
  data: Buffer.from(text),
});
const messages = [
  mail('INBOX', 'a1-0', 'Subject: x\r\n\r\nFrom here\r\n>From there\r\n'),
  mail('INBOX/cur', 'a1-1', 'bare\n'),
  mail('INBOX', 'a1-2', 'no end'),
];

const expected: Readonly<Record<MailFileKind, Readonly<Record<string, string>>>> = {
  mbox: {
    'alice@example.com/INBOX.mbox':
      'From MAILER-DAEMON Mon May  6 07:08:09 2024\nSubject: x\n\n>From here\n>>From there\n\n' +
      'From MAILER-DAEMON Mon May  6 07:08:09 2024\nno end\n\n',
    'alice@example.com/INBOX/cur.mbox': 'From MAILER-DAEMON Mon May  6 07:08:09 2024\nbare\n\n',
  },
  maildir: {
    'alice@example.com/INBOX/cur/1714979289.a1-0.mothball:2,PS':
      'Subject: x\r\n\r\nFrom here\r\n>From there\r\n',
    'alice@example.com/INBOX/cur/1714979289.a1-2.mothball:2,PS': 'no end',
    // A folder may not be called as a part of a Maildir is.
    'alice@example.com/INBOX/cur b3ca0b19/cur/1714979289.a1-1.mothball:2,PS': 'bare\n',
  },
  eml: {
    'alice@example.com/INBOX/2024-05-06 Re_ a_b a1-0.eml': 'Subject: x\r\n\r\nFrom here\r\n>From there\r\n',
    'alice@example.com/INBOX/2024-05-06 Re_ a_b a1-2.eml': 'no end',
    'alice@example.com/INBOX/cur/2024-05-06 Re_ a_b a1-1.eml': 'bare\n',
  },
};

for (const kind of ['mbox', 'maildir', 'eml'] as const) {
  test(`mail is written as ${kind}, below its account and folder`, async () => {
    const directory = join(root, kind);
    await write(kind, directory);
    assert.deepEqual(filesIn(directory), expected[kind]);
    for (const name of Object.keys(expected[kind])) {
      const file = statSync(join(directory, name));
      assert.equal(file.mode & 0o777, 0o600, name);
      // An mbox file holds the mail of many dates.
      if (kind !== 'mbox') assert.equal(file.mtimeMs, date.getTime(), name);
    }
  });

  test(`nothing is added to a file of ${kind} that exists already`, async () => {
    const directory = join(root, `${kind} again`);
    await write(kind, directory);
    // Files of one message each are compared; an mbox file may have been added to by others.
    if (kind === 'mbox') await assert.rejects(write(kind, directory), refused);
    else assert.deepEqual(await write(kind, directory), ['present', 'present', 'present']);
    assert.deepEqual(filesIn(directory), expected[kind]);
  });

  test(`a file that is cut short or altered is not taken for the message, as ${kind}`, async () => {
    for (const change of ['', 'SUBJECT: x\r\n\r\nFrom here\r\n>From there\r\n']) {
      const directory = join(root, `${kind} ${change.length}`);
      await write(kind, directory);
      const [name = ''] = Object.keys(expected[kind]);
      writeFileSync(join(directory, name), change);
      await assert.rejects(write(kind, directory), refused);
      assert.equal(filesIn(directory)[name], change);
    }
  });
}

const refused = { code: 'exists', message: /Choose an empty directory\.$/ };

async function write(kind: MailFileKind, directory: string): Promise<readonly string[]> {
  const writer = await localMailFiles.writer(kind, directory);
  try {
    const outcomes: string[] = [];
    for (const message of messages) outcomes.push(await writer.add(message));
    return outcomes;
  } finally {
    await writer.close();
  }
}

function filesIn(directory: string): Readonly<Record<string, string>> {
  const files = readdirSync(directory, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name));
  return Object.fromEntries(
    files.map((file) => [file.slice(directory.length + 1), readFileSync(file, 'utf8')]),
  );
}
