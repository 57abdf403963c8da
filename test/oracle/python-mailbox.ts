import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Archive, plainObject } from './archives.ts';

const script = `
import json, mailbox, sys
box = mailbox.mbox(sys.argv[1], create=False)
print(json.dumps([(box.get_bytes(key) or b'')[:4000].hex() for key in box.iterkeys()]))
`;

/**
 * Opens the archive as any mbox reader would, with Python's mailbox module, and returns the first
 * 4,000 octets of each message in order. Python does not undo the quoting of From_ lines.
 */
export function readWithPython(archive: Archive): readonly Buffer[] {
  const directory = mkdtempSync(join(tmpdir(), 'mbox-'));
  try {
    const path = join(directory, 'plain.mbox');
    writeFileSync(path, plainObject(archive));
    const printed = execFileSync('python3', ['-c', script, path], { maxBuffer: 2 ** 28 }).toString();
    const list: readonly string[] = JSON.parse(printed);
    return list.map((hex) => Buffer.from(hex, 'hex'));
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
}
