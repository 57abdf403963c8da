import assert from 'node:assert/strict';
import test from 'node:test';
import type { Folder } from '../../src/domain/folder.ts';
import { respelledPath, serverPath, type Spelling } from '../../src/domain/server-path.ts';

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

const dots: Spelling = { delimiter: '.', prefix: '' };
const belowInbox: Spelling = { delimiter: '.', prefix: 'INBOX.' };
const slashes: Spelling = { delimiter: '/', prefix: '' };
const flat: Spelling = { delimiter: null, prefix: '' };

const moved: readonly (readonly [
  folders: readonly Folder[],
  path: string,
  from: Spelling,
  respelled: string,
])[] = [
  [slash, 'INBOX.Projekte.2019', belowInbox, 'Projekte/2019'],
  [slash, 'Projekte.2019', dots, 'Projekte/2019'],
  [slash, 'Projekte.2019', slashes, 'Projekte.2019'],
  [slash, 'INBOX.Sent', belowInbox, 'Sent'],
  [slash, 'Einkauf/Verkauf.alt', dots, 'Einkauf_Verkauf/alt'],
  [slash, 'a/b', flat, 'a_b'],
  [slash, 'Inbox', flat, 'INBOX'],
  [slash, 'INBOX', belowInbox, 'INBOX'],
  [slash, 'INBOX/Kunden', slashes, 'INBOX/Kunden'],
  [dot, 'Projekte/v1.2', slashes, 'Projekte.v1_2'],
  [dot, 'Sent/2019', slashes, 'Sent.2019'],
  [dot, 'Sent/2019', dots, 'Sent/2019'],
  [under, 'Projekte/2019', slashes, 'INBOX.Projekte.2019'],
  [under, 'INBOX/Kunden', slashes, 'INBOX.Kunden'],
  [under, 'Sent/2019', slashes, 'INBOX.Sent.2019'],
  [under, 'shared/Team', { delimiter: '/', prefix: 'shared/' }, 'INBOX.Team'],
  [[], 'Projekte.2019', { delimiter: '', prefix: '' }, 'Projekte.2019'],
];

for (const [folders, path, from, respelled] of moved) {
  const there = folders.map((one) => one.path).join(', ') || 'none';
  const how = `${JSON.stringify(from.delimiter)} and prefix ${JSON.stringify(from.prefix)}`;
  test(`${path}, spelled with ${how}, becomes ${respelled} where folders are ${there}`, () => {
    assert.equal(respelledPath(folders, path, from), respelled);
  });
}
