/** Tar, zip and compressed files as programs and accidents make them, written by Python. */
import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { join } from 'node:path';
import test, { type TestContext } from 'node:test';
import { zstdCompressSync } from 'node:zlib';
import { python, readAll } from './read-all.ts';
import { tree } from './tree.ts';

const mail = (name: string): string => `From: a@b\nSubject: ${name}\n\nbody of ${name}\n`;
const box = (...names: readonly string[]): string =>
  names.map((name) => `From a@b Thu Jan  1 00:00:00 1970\n${mail(name)}`).join('\n');
/** A line of `readAll`. */
const line = (folder: string, name: string, ...flags: readonly string[]): string =>
  [folder, ...flags, createHash('sha256').update(mail(name).replaceAll('\n', '\r\n')).digest('hex')].join(
    ' ',
  );

/** What is found where Python was given `d`, the directory, and the functions below. */
async function made(t: TestContext, code: string): Promise<readonly string[]> {
  const directory = await tree(t, {});
  python(
    `d=sys.argv[1]+'/'
def mail(n): return ('From: a@b\\nSubject: %s\\n\\nbody of %s\\n'%(n,n)).encode()
def box(*n): return b'\\n'.join(b'From a@b Thu Jan  1 00:00:00 1970\\n'+mail(x) for x in n)
def put(n,b): open(d+n,'wb').write(b)
def tar(entries, **o):
  f=io.BytesIO(); t=tarfile.open(fileobj=f,mode='w',**o)
  for n,b in entries:
    i=n if isinstance(n,tarfile.TarInfo) else tarfile.TarInfo(n)
    i.size=len(b); t.addfile(i,io.BytesIO(b))
  t.close(); return f.getvalue()
def zipped(entries, **o):
  f=io.BytesIO(); z=zipfile.ZipFile(f,'w',**o)
  for n,b in entries: z.writestr(n,b)
  z.close(); return f.getvalue()
${code}`,
    directory,
  );
  return readAll(directory);
}

const cases: readonly (readonly [what: string, code: string, lines: readonly string[]])[] = [
  [
    'entries of the same name are all read, and a file beside a directory of its name',
    `put('a.zip',zipped([('x.eml',mail('one')),('x.eml',mail('two')),('In',box('three')),('In/Sub',box('four'))]))
put('b.tar',tar([('x.eml',mail('five')),('x.eml',mail('six'))]))`,
    [
      line('a', 'one'),
      line('a', 'two'),
      line('a/In', 'three'),
      line('a/In/Sub', 'four'),
      line('b', 'five'),
      line('b', 'six'),
    ],
  ],
  [
    'a hard link in a tar archive is the file that it is a name of',
    `l=tarfile.TarInfo('two/cur/1.x:2,F'); l.type=tarfile.LNKTYPE; l.linkname='one/cur/1.x:2,S'
put('a.tar',tar([('one/cur/1.x:2,S',mail('one')),(l,b'')]))`,
    [line('a/one', 'one', '\\seen'), line('a/two', 'one', '\\flagged')],
  ],
  [
    'an archive that is cut short gives the mail before that place',
    `put('a.tar',tar([('x.eml',mail('one')),('b.mbox',box('two')+b'\\nFrom a@b Thu Jan  1 00:00:00 1970\\nSubject: x\\n\\n'+b'x'*90000)])[:40000])`,
    [
      'fault a.tar/b.mbox: Unexpected end of data',
      'fault a.tar: Unexpected end of data',
      line('a', 'one'),
      line('a/b', 'two'),
    ],
  ],
  [
    'tar archives from before POSIX are read, and sparse files are named',
    `put('x.eml',mail('one')); os.system('cd %s && tar --format=v7 -cf a.tar x.eml && rm x.eml'%d)
f=open(d+'s.eml','wb'); f.write(mail('two')); f.truncate(1<<20); f.close(); os.system('cd %s && tar -S -cf b.tar s.eml && rm s.eml'%d)`,
    ['MAIL b.tar/s.eml: sparse or split file in a tar archive', line('a', 'one')],
  ],
  [
    'names in tar archives that are not UTF-8 stay apart',
    `put('a.tar',tar([('B\\xfcro/x.eml',mail('one')),('B\\xe4ro/x.eml',mail('two'))],format=tarfile.GNU_FORMAT,encoding='latin-1'))`,
    [line('a/B\u00e4ro', 'two'), line('a/B\u00fcro', 'one')],
  ],
  [
    'names in zip archives are read as their format says',
    `import zlib
n='B\\xfcro.mbox'.encode(); i=zipfile.ZipInfo('B_ro.mbox'); i.extra=struct.pack('<HHBI',0x7075,5+len(n),1,zlib.crc32(b'B_ro.mbox'))+n
put('a.zip',zipped([(i,box('one'))])); put('b.zip',zipped([('B_ro.mbox',box('two'))]).replace(b'B_ro',b'B\\x81ro'))`,
    [line('a/B\u00fcro', 'one'), line('b/B\u00fcro', 'two')],
  ],
  [
    'a zip archive needs no ending, but a document that is one inside is none',
    `put('takeout',zipped([('x.eml',mail('one'))])); put('b.zip.1',zipped([('x.eml',mail('two'))])); put('c.docx',zipped([('x.eml',mail('three'))]))`,
    [line('b.zip.1', 'two'), 'other c.docx: no mail file', line('takeout', 'one')],
  ],
  [
    'what is damaged in a zip archive is not taken, and the rest is',
    `z=bytearray(zipped([('x.eml',mail('one')),('y.eml',mail('two'))])); z[45]^=255; put('a.zip',z)`,
    ['fault a.zip/x.eml: it is damaged in the archive: its size or its checksum is wrong', line('a', 'two')],
  ],
  [
    'a zip archive is read with other bytes before it, such as a program that unpacks it, and behind it',
    `put('a.zip',b'MZ'+bytes(3000)+zipped([('x.eml',mail('one')),('In',box('two'))]))
put('b.zip',b'PK\\x03\\x04'+b'x'*70000+zipped([('y.eml',mail('three'))],compression=zipfile.ZIP_DEFLATED))
put('c.zip',zipped([('z.eml',mail('four'))])+b'\\n'); put('d.zip',zipped([('z.eml',mail('five'))])[:-9])`,
    [
      'fault d.zip: End of central directory record signature not found. Either not a zip file, or file is truncated.',
      line('a', 'one'),
      line('a/In', 'two'),
      line('b', 'three'),
      line('c', 'four'),
    ],
  ],
  [
    'zip64 and sizes behind the data make no difference',
    `f=io.BytesIO(); z=zipfile.ZipFile(f,'w')
with z.open('x.eml','w',force_zip64=True) as o: o.write(mail('one'))
z.close(); put('a.zip',f.getvalue())
class Pipe(io.RawIOBase):
  b=b''
  def writable(s): return True
  def write(s,x): s.b+=bytes(x); return len(x)
p=Pipe(); z=zipfile.ZipFile(p,'w',zipfile.ZIP_DEFLATED); z.writestr('x.eml',mail('two')); z.close(); put('b.zip',p.b)`,
    [line('a', 'one'), line('b', 'two')],
  ],
  [
    'bytes behind what is compressed are ignored, and this is said',
    `put('a.mbox.gz',gzip.compress(box('one'))+b'Garbage'); put('b.mbox.bz2',bz2.compress(box('two'))+b'Garbage')
put('c.mbox.gz',gzip.compress(box('three')[:30])+gzip.compress(box('three')[30:])+bytes(99))`,
    [
      line('a', 'one'),
      line('b', 'two'),
      line('c', 'three'),
      'note a.mbox.gz: bytes behind the end of what is compressed were ignored',
      'note b.mbox.bz2: bytes behind the end of what is compressed were ignored',
    ],
  ],
  [
    'a gzip file whose checksum is wrong gives its mail but the last message',
    `put('a.mbox.gz',gzip.compress(box('one','two'))[:-8]+b'12345678')`,
    ['fault a.mbox.gz: it is damaged: its checksum is wrong', line('a', 'one')],
  ],
  [
    'what can not be decompressed, or holds what nobody here unpacks, is named',
    `put('a',b'\\x1f\\x8b\\x08\\x00broken'); put('b.gz',gzip.compress(gzip.compress(box('x')))); put('c.rar',b'Rar!\\x1a\\x07\\x00x')
put('d.tar.xz',lzma.compress(tar([('a.xz',lzma.compress(box('y'))),('z.eml',mail('one'))]))); put('e.mbx',b'*mbx*\\r\\n0000'); put('f.eml',mail('y').decode().encode('utf-16-le'))`,
    [
      'MAIL a: compressed, and can not be read',
      'MAIL b.gz: compressed twice',
      'MAIL c.rar: rar archive',
      'MAIL d.tar.xz/a.xz: compressed, and can not be read',
      'MAIL e.mbx: mbx folder of UW IMAP',
      'MAIL f.eml: text in UTF-16',
      line('d', 'one'),
    ],
  ],
  [
    'a message of Apple Mail whose length is too small is read to the list behind it',
    `m=mail('one').replace(b'\\n',b'\\r\\n'); put('1.emlx',b'%d\\n'%(len(m)-6)+m+b'<?xml version="1.0"?><plist><key>flags</key><integer>1</integer></plist>')`,
    [line('', 'one'), 'note 1.emlx: its length was too small: the message was read up to the list behind it'],
  ],
  [
    'what is blank, byte order marks and a From_ line before the header of a .eml file are left out, and this is said',
    `m=b'\\xef\\xbb\\xbf'
put('1.eml',b'\\n \\t\\n'+mail('one')); put('2.eml',m+m+mail('two')); put('3.eml',b'\\r\\nFrom a@b Thu Jan  1 00:00:00 1970\\n'+m+mail('three')); put('4.eml',bytes(2)+mail('four'))`,
    [
      ...['one', 'two', 'three', 'four'].map((name) => line('', name)),
      ...['1', '3', '4'].map((name) => `note ${name}.eml: blank space before the message was left out`),
      'note 2.eml: a byte order mark before the message was left out',
      'note 3.eml: a From_ line before the message was left out',
    ],
  ],
  [
    'what is encrypted, cut short, hidden or empty in its compressed form is named',
    `os.makedirs(d+'Box/cur'); os.mkdir(d+'Box/new'); put('Box/cur/.nfs1',mail('one')); put('Box/cur/.k',b'x')
put('a.mbox',b'age-encryption.org/v1\\n'); put('b.eml',b'-----BEGIN PGP MESSAGE-----\\n'); put('c.mbox.gpg',b'\\x85\\x02'); put('d.eml',gzip.compress(b''))
put('e.mbox',bz2.compress(b'From x')[:25])`,
    [
      'MAIL Box/cur/.nfs1: hidden file',
      'other Box/cur/.k: hidden file',
      'MAIL a.mbox: encrypted with age',
      'MAIL b.eml: encrypted with PGP',
      'MAIL c.mbox.gpg: encrypted, or compressed in a form that is not read',
      'fault d.eml: it is empty',
      'fault e.mbox: what is compressed with bzip2 in it is damaged, or cut short',
    ],
  ],
];
for (const [what, code, lines] of cases) {
  test(what, async (t) => {
    assert.deepEqual(await made(t, code), lines.toSorted());
  });
}

test('zstd files with frames to skip, as parallel programs write them, are read', async (t) => {
  const skip = Buffer.from('502a4d1805000000', 'hex');
  const frames = [box('one').slice(0, 50), box('one').slice(50)].map((part) => zstdCompressSync(part));
  const [first = Buffer.alloc(0), second = Buffer.alloc(0)] = frames;
  const path = await tree(t, {
    'a.mbox.zst': Buffer.concat([skip, Buffer.from('hello'), first, skip, Buffer.from('again'), second]),
  });
  assert.deepEqual(await readAll(path), [line('a', 'one')]);
  assert.deepEqual(await readAll(join(path, 'a.mbox.zst')), [line('', 'one')]);
});
