import assert from 'node:assert/strict';
import test from 'node:test';
import type { Folder } from '../../src/domain/folder.ts';
import { serverPath } from '../../src/domain/server-path.ts';

function folder(path: string, name: string, delimiter: string, changes: Partial<Folder> = {}): Folder {
  const roles = name === 'INBOX' ? (['inbox'] as const) : [];
  return { path, name, delimiter, namespace: 'personal', roles, selectable: true, mirror: false, ...changes };
}

const slash = [folder('INBOX', 'INBOX', '/'), folder('Sent', 'Sent', '/')];
const dot = [folder('INBOX', 'INBOX', '.'), folder('Sent.2019', 'Sent/2019', '.')];
const under = [folder('INBOX', 'INBOX', '.'), folder('INBOX.Sent.2019', 'Sent/2019', '.')];
const shared = folder('shared/Team', 'Team', '/', { namespace: 'shared' });

const cases: readonly (readonly [folders: readonly Folder[], name: string, path: string])[] = [
  [slash, 'Imported/2019', 'Imported/2019'],
  [slash, 'inbox', 'INBOX'],
  [dot, 'Imported/2019', 'Imported.2019'],
  [dot, 'Imported/v1.2', 'Imported.v1_2'],
  [dot, 'Sent/2019', 'Sent.2019'],
  [dot, 'Sent.2019', 'Sent.2019'],
  [under, 'Imported/2019', 'INBOX.Imported.2019'],
  [under, 'INBOX.Imported/2019', 'INBOX.Imported.2019'],
  [under, 'Sent/2019', 'INBOX.Sent.2019'],
  [[...slash, shared], 'Team', 'Team'],
  [[], 'Imported/x', 'Imported/x'],
];

for (const [folders, name, path] of cases) {
  test(`${name} is ${path} where folders are ${folders.map((one) => one.path).join(', ') || 'none'}`, () => {
    assert.equal(serverPath(folders, name), path);
  });
}
