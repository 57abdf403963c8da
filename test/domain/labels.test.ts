import assert from 'node:assert/strict';
import test from 'node:test';
import type { Folder, Role } from '../../src/domain/folder.ts';
import { LabelRules, ownLabels, sameLabels } from '../../src/domain/labels.ts';
import type { Policy } from '../../src/domain/policy.ts';
import { olderThan, policy } from './subjects.ts';

function folder(path: string, ...roles: readonly Role[]): Folder {
  const name = path;
  return { path, name, delimiter: '/', namespace: 'personal', roles, selectable: true, mirror: false };
}

const all = folder('[Gmail]/Alle Nachrichten', 'all');
const trash = folder('[Gmail]/Papierkorb', 'trash');
const folders = [
  folder('INBOX', 'inbox'),
  all,
  trash,
  folder('[Gmail]/Gesendet', 'sent'),
  folder('[Gmail]/Wichtig', 'important'),
  folder('Work'),
];

function placed(
  labels: readonly string[] | null,
  include: readonly string[],
  exclude: readonly string[] = [],
  changes: Partial<Policy> = {},
): string {
  const rule = policy(olderThan(1), { folders: { include, exclude, namespaces: ['personal'] }, ...changes });
  const place = new LabelRules(folders, all).place(labels, rule);
  return place.kind === 'kept' ? `kept: ${place.reason.code}` : place.kind;
}

const rows: readonly (readonly [
  labels: readonly string[] | null,
  include: readonly string[],
  exclude: readonly string[],
  place: string,
])[] = [
  [['\\Inbox'], ['INBOX'], [], 'selected'],
  [['\\INBOX'], ['inbox'], [], 'selected'],
  [['\\Inbox', 'Work'], ['INBOX'], [], 'kept: label-not-selected'],
  [['\\Inbox', 'Work'], ['INBOX', 'Work'], [], 'selected'],
  [['\\Inbox', 'Work'], ['**'], ['Work'], 'kept: label-excluded'],
  [['\\Inbox', 'Work/Hidden'], ['**'], ['Work/**'], 'kept: label-excluded'],
  [['\\Sent'], ['role:sent'], [], 'selected'],
  [['\\Sent'], ['[Gmail]/Gesendet'], [], 'selected'],
  [['\\Sent'], ['[Gmail]/Sent Mail'], [], 'outside'],
  [['\\Inbox', '\\Important'], ['INBOX'], [], 'selected'],
  [['\\Inbox', '\\Important'], ['INBOX'], ['role:important'], 'kept: label-excluded'],
  [['\\Important'], ['INBOX'], [], 'outside'],
  [['\\Inbox', '\\Starred'], ['**'], ['role:flagged'], 'kept: label-excluded'],
  [[], ['INBOX'], [], 'outside'],
  [[], ['**'], [], 'selected'],
  [[], ['role:all'], [], 'selected'],
  [[], ['**'], ['role:all'], 'kept: label-excluded'],
  [['\\Important'], ['**'], ['[Gmail]/Alle Nachrichten'], 'kept: label-excluded'],
  [['\\Inbox'], ['**'], ['role:all'], 'selected'],
  [['\\Unheard'], ['INBOX'], [], 'outside'],
  [['\\Inbox', '\\Unheard'], ['INBOX'], [], 'kept: label-not-selected'],
  [null, ['**'], [], 'kept: labels-unknown'],
];

for (const [labels, include, exclude, place] of rows)
  test(`with ${JSON.stringify(labels)}, include ${include.join()} and exclude ${exclude.join()} a message is ${place}`, () => {
    assert.equal(placed(labels, include, exclude), place);
  });

test('a policy that deletes nothing needs one selected label, and still none that is excluded', () => {
  const archives = { delete: null };
  assert.equal(placed(['\\Inbox', 'Work'], ['Work'], [], archives), 'selected');
  assert.equal(placed(['\\Inbox', 'Work'], ['**'], ['INBOX'], archives), 'kept: label-excluded');
});

test('in Trash the folder decides, and an excluded label still keeps a message', () => {
  const rule = (exclude: readonly string[]) =>
    policy(olderThan(1), { folders: { include: ['role:trash'], exclude, namespaces: ['personal'] } });
  const inTrash = new LabelRules(folders, trash);
  assert.equal(inTrash.place(['Work'], rule([])).kind, 'selected');
  assert.equal(inTrash.place(['Work'], rule(['Work'])).kind, 'kept');
});

test('labels are the same in any order, and Important and Starred do not count', () => {
  assert.ok(sameLabels(['a', '\\Inbox'], ['\\Inbox', 'a', '\\Important', '\\Starred']));
  assert.ok(sameLabels(undefined, []));
  assert.ok(!sameLabels(['a'], []));
  assert.ok(!sameLabels(['a'], ['A']));
  assert.deepEqual(ownLabels(['b', '\\important', 'a']), ['a', 'b']);
});
