import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** A file as another program finds it in an archive. */
export interface Member {
  /** Path in the archive, as bytes say it in UTF-8. */
  readonly name: string;
  /** Of the content. */
  readonly sha256: string;
  readonly size: number;
  /** ISO 8601 in UTC, to the second; a zip keeps even seconds only. */
  readonly modified: string;
}

const maxBuffer = 2 ** 28;

const zipScript = `
import hashlib, json, sys, zipfile
with zipfile.ZipFile(sys.argv[1]) as box:
    assert box.testzip() is None
    print(json.dumps([dict(name=i.filename, size=i.file_size, sha256=hashlib.sha256(box.read(i)).hexdigest(),
        modified='%04d-%02d-%02dT%02d:%02d:%02d' % i.date_time) for i in box.infolist()]))
`;

const tarScript = `
import hashlib, json, sys, tarfile, time
with tarfile.open(sys.argv[1], 'r:') as box:
    print(json.dumps([dict(name=i.name, size=i.size, sha256=hashlib.sha256(box.extractfile(i).read()).hexdigest(),
        modified=time.strftime('%Y-%m-%dT%H:%M:%S', time.gmtime(i.mtime))) for i in box if i.isfile()]))
`;

const maildirScript = `
import hashlib, json, mailbox, sys, tarfile, tempfile
with tempfile.TemporaryDirectory() as place:
    with tarfile.open(sys.argv[1], 'r:') as box:
        box.extractall(place)
    found = mailbox.Maildir(place + '/' + sys.argv[2], create=False)
    print(json.dumps([dict(sha256=hashlib.sha256(found.get_bytes(key)).hexdigest(),
        flags=found.get_message(key).get_flags()) for key in found.keys()]))
`;

/** The files of a zip in its directory's order, by Python's zipfile; every check sum is checked. */
export function zipMembers(object: Buffer): readonly Member[] {
  return JSON.parse(python(zipScript, object, '.zip'));
}

/** The files of a plain tar in order, by Python's tarfile. */
export function tarMembers(tar: Buffer): readonly Member[] {
  return JSON.parse(python(tarScript, tar, '.tar'));
}

/** The messages of the Maildir at `path` in a plain tar, in no order, by Python's mailbox. */
export function maildirMessages(
  tar: Buffer,
  path: string,
): readonly { readonly sha256: string; readonly flags: string }[] {
  return JSON.parse(python(maildirScript, tar, '.tar', path));
}

/** What `unzip -t` says of it. @throws when it finds anything wrong. */
export function testedByUnzip(object: Buffer): string {
  return withFile(object, '.zip', (path) => execFileSync('unzip', ['-t', path], { maxBuffer }).toString());
}

function python(script: string, object: Buffer, ending: string, ...rest: readonly string[]): string {
  return withFile(object, ending, (path) =>
    execFileSync('python3', ['-c', script, path, ...rest], { maxBuffer }).toString(),
  );
}

function withFile<T>(bytes: Buffer, ending: string, use: (path: string) => T): T {
  const directory = mkdtempSync(join(tmpdir(), 'stock-'));
  try {
    const path = join(directory, `object${ending}`);
    writeFileSync(path, bytes);
    return use(path);
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
}
