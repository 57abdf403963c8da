/** Mail inside of tar and zip archives that Python made, beside the same files in a directory. */
import assert from 'node:assert/strict';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import test from 'node:test';
import { gzipSync } from 'node:zlib';
import { readMail } from '../../src/mailfiles/read.ts';
import { python, readAll } from './read-all.ts';
import { tree } from './tree.ts';

const mail = (subject: string, body = 'x'): string => `From: a@b\nSubject: ${subject}\n\n${body}\n`;
const mbox = (...subjects: readonly string[]): string =>
  subjects.map((subject) => `From a@b Thu Jan  1 00:00:00 1970\n${mail(subject)}\n`).join('');

const files: Readonly<Record<string, string | Uint8Array>> = {
  'Takeout/Mail/All mail.mbox': mbox('one', 'two'),
  'Takeout/Mail/packed.mbox.gz': gzipSync(mbox('three')),
  'Maildir/cur/1600000000.M1.host:2,SR': mail('four'),
  'Maildir/cur/1600000001.M2.host:2,a': mail('five'),
  'Maildir/new/1600000002.M3.host': mail('six'),
  'Maildir/dovecot-keywords': '0 $Label\n',
  'Maildir/.Sub.Zdj&ARk-cia/cur/1600000003.M4.host:2,F': mail('seven'),
  'letters/a.eml': mail('eight'),
  'letters/deep/b.eml': mail('nine', 'y'.repeat(300_000)),
  'Apple.mbox/Messages/1.emlx': `${mail('ten').length}\n${mail('ten')}<plist/>`,
  'notes.txt': 'no mail',
};

const writers: readonly (readonly [name: string, code: string])[] = [
  ['mail.tar', "t=tarfile.open(sys.argv[2], 'w'); t.add(sys.argv[1], ''); t.close()"],
  ['mail.tgz', "t=tarfile.open(sys.argv[2], 'w:gz'); t.add(sys.argv[1], ''); t.close()"],
  ['mail.tar.bz2', "t=tarfile.open(sys.argv[2], 'w:bz2'); t.add(sys.argv[1], ''); t.close()"],
  [
    'mail.tar.xz',
    "t=tarfile.open(sys.argv[2], 'w:xz', format=tarfile.GNU_FORMAT); t.add(sys.argv[1], './x/..'[:1]); t.close()",
  ],
  ...['ZIP_STORED', 'ZIP_DEFLATED'].map(
    (method) =>
      [
        `${method}.zip`,
        `z=zipfile.ZipFile(sys.argv[2], 'w', zipfile.${method})
for base, _, names in os.walk(sys.argv[1]):
  for name in names:
    path = os.path.join(base, name)
    z.write(path, os.path.relpath(path, sys.argv[1]))
z.close()`,
      ] as const,
  ),
];

for (const [name, code] of writers) {
  test(`${name}: the same mail, folders and flags as the directory that was packed`, async (t) => {
    const directory = await tree(t, files);
    const packed = await tree(t, { 'beside.eml': mail('beside') });
    const archive = join(packed, name);
    python(code, directory, archive);
    const expected = await readAll(directory);
    assert.equal(expected.filter((line) => !line.startsWith('other')).length, 10, expected.join('\n'));
    assert.deepEqual(await readAll(archive), expected);
    // In a tree, an archive is a folder of its name.
    const below = await readAll(packed);
    const inName = below.filter((line) => line.startsWith(`${name.replace(/\.(?:zip|tgz|tar.*)$/, '')}/`));
    assert.equal(inName.length, 10, below.join('\n'));
  });
}

test('bzip2 and xz files are read, also of several streams', async (t) => {
  const directory = await tree(t, {});
  await writeFile(join(directory, 'plain'), mbox('one', 'two'));
  python(
    `data=open(sys.argv[1],'rb').read()
open(sys.argv[2]+'/a.mbox.bz2','wb').write(bz2.compress(data)+bz2.compress(data))
open(sys.argv[2]+'/b.mbox.xz','wb').write(lzma.compress(data))
os.remove(sys.argv[1])`,
    join(directory, 'plain'),
    directory,
  );
  const lines = await readAll(directory);
  assert.deepEqual(
    lines.map((line) => line.split(' ')[0]),
    ['a', 'a', 'a', 'a', 'b', 'b'],
  );
  const broken = await tree(t, {
    'c.mbox.xz': (await readFile(join(directory, 'b.mbox.xz'))).subarray(0, 60),
  });
  assert.match((await readAll(broken)).join('\n'), /fault c\.mbox\.xz: /);
});

test('what can not be taken from an archive is named: encrypted files, archives in it, links, names that lead out', async (t) => {
  const directory = await tree(t, {});
  python(
    `z=zipfile.ZipFile(sys.argv[1]+'/a.zip','w',zipfile.ZIP_DEFLATED)
z.writestr('secret.eml','x'); z.writestr('inner.zip',b'PK\\3\\4'+b'x'*600); z.writestr('../out.eml','Subject: x\\n\\ny\\n'); z.writestr('win\\\\dow.eml','Subject: x\\n\\ny\\n')
z.close()
d=bytearray(open(sys.argv[1]+'/a.zip','rb').read())
i=d.find(b'PK\\1\\2'); d[i+8]|=1
open(sys.argv[1]+'/a.zip','wb').write(d)
t=tarfile.open(sys.argv[1]+'/b.tar','w')
l=tarfile.TarInfo('link.eml'); l.type=tarfile.SYMTYPE; l.linkname='/etc/passwd'; t.addfile(l); t.close()`,
    directory,
  );
  const lines = await readAll(directory);
  assert.ok(lines.includes('MAIL a.zip/secret.eml: encrypted in a zip archive'), lines.join('\n'));
  assert.ok(lines.includes('MAIL a.zip/inner.zip: zip archive inside of another'));
  assert.ok(
    lines.some((line) => /^fault .*out\.eml: its name leads out of the archive/.test(line)),
    lines.join('\n'),
  );
  assert.ok(
    lines.some((line) => line.startsWith('a/win ')),
    lines.join('\n'),
  );
  assert.ok(lines.includes('fault b.tar/link.eml: it is a symbolic link, and those are not followed'));
});

test('a file that expands without end costs itself alone, and no memory', async (t) => {
  const directory = await tree(t, {});
  python(
    `z=zipfile.ZipFile(sys.argv[1]+'/bomb.zip','w',zipfile.ZIP_DEFLATED)
with z.open('bomb.eml','w') as f:
  f.write(b'Subject: x\\n\\n')
  for _ in range(290): f.write(bytes(1<<20))
z.writestr('good.eml','Subject: good\\n\\ny\\n'); z.close()`,
    directory,
  );
  const before = process.memoryUsage().rss;
  const lines = await readAll(join(directory, 'bomb.zip'));
  assert.match(lines.join('\n'), /fault bomb\.eml: it expands to more than 1000 times its size/);
  assert.equal(lines.filter((line) => !line.startsWith('fault')).length, 1);
  assert.ok(process.memoryUsage().rss - before < 200 * 1024 * 1024);
});

test('a bzip2 file that expands without end is a fault', async (t) => {
  const directory = await tree(t, {});
  python(
    `c=bz2.BZ2Compressor()
with open(sys.argv[1]+'/bomb.mbox.bz2','wb') as f:
  f.write(c.compress(b'From a@b Thu Jan  1 00:00:00 1970\\nSubject: x\\n\\n'))
  for _ in range(40): f.write(c.compress(bytes(1<<20)))
  f.write(c.flush())`,
    directory,
  );
  const path = join(directory, 'bomb.mbox.bz2');
  const faults: string[] = [];
  for await (const event of readMail({ path, kind: 'mbox', folder: [], flags: [] }, null))
    if (event.kind === 'fault') faults.push(event.reason);
  assert.match(faults.join(), /it expands to more than/);
});

for (const [what, flag] of [
  ['a long name of GNU tar', 'L'],
  ['a header of pax', 'x'],
  ['a global header of pax', 'g'],
] as const) {
  test(`${what} that is longer than any name is a fault, and takes no memory`, async (t) => {
    const directory = await tree(t, {});
    python(
      `size=400<<20
h=tarfile.TarInfo('x'); h.size=size; h.type=b'${flag}'
with open(sys.argv[1]+'/bomb.tar','wb') as f:
  f.write(h.tobuf()); f.truncate(512+size)`,
      directory,
    );
    const before = process.memoryUsage().rss;
    const lines = await readAll(join(directory, 'bomb.tar'));
    assert.match(lines.join('\n'), /^fault : Header exceeds max size/);
    assert.ok(process.memoryUsage().rss - before < 200 * 1024 * 1024);
  });
}
