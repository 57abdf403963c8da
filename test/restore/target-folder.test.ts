import assert from 'node:assert/strict';
import test from 'node:test';
import { parseFolderMap } from '../../src/domain/folder-map.ts';
import type { Folder } from '../../src/domain/folder.ts';
import { type FolderOrigin, placesOf } from '../../src/restore/target-folder.ts';

function folder(path: string, name: string, delimiter: string, changes: Partial<Folder> = {}): Folder {
  const roles = name === 'INBOX' ? (['inbox'] as const) : [];
  return { path, name, delimiter, namespace: 'personal', roles, selectable: true, mirror: false, ...changes };
}

function origin(path: string, changes: Partial<FolderOrigin> = {}): FolderOrigin {
  return { key: path, path, roles: [], imported: false, own: false, delimiter: '/', prefix: '', ...changes };
}

const slash = [folder('INBOX', 'INBOX', '/'), folder('Sent', 'Sent', '/', { roles: ['sent'] })];
const courier = [folder('INBOX', 'INBOX', '.', { personalPrefix: 'INBOX.' })];
const cyrus = [
  folder('INBOX', 'INBOX', '.', { personalPrefix: 'INBOX.' }),
  folder('INBOX.Gesendet', 'Gesendet', '.', { personalPrefix: 'INBOX.', roles: ['sent'] }),
];
const dot = [folder('INBOX', 'INBOX', '.'), folder('Sent.2019', 'Sent/2019', '.')];
const under = [folder('INBOX', 'INBOX', '.'), folder('INBOX.Sent.2019', 'Sent/2019', '.')];
const dots = { delimiter: '.', prefix: '' };
const dotted = { delimiter: '.', prefix: 'INBOX.' };

const cases: readonly (readonly [server: readonly Folder[], from: FolderOrigin, path: string])[] = [
  [courier, origin('Inbox'), 'INBOX'],
  [courier, origin('Work/2020'), 'INBOX.Work.2020'],
  [courier, origin('v1.2'), 'INBOX.v1_2'],
  [courier, origin('INBOX/Below'), 'INBOX.Below'],
  [slash, origin('INBOX.Work.2020', dotted), 'Work/2020'],
  [slash, origin('inbox.Work.a/b', dotted), 'Work/a_b'],
  [slash, origin('INBOX.INBOX.Below', dotted), 'INBOX/Below'],
  [slash, origin('INBOX.Gesendet', { ...dotted, roles: ['sent'] }), 'Sent'],
  [cyrus, origin('Sent Items', { roles: ['sent'] }), 'INBOX.Gesendet'],
  [cyrus, origin('Sent Items'), 'INBOX.Sent Items'],
  [cyrus, origin('Bin', { roles: ['trash'] }), 'INBOX.Bin'],
  [slash, origin('Sent', { own: true, roles: ['sent'] }), 'Sent'],
  [slash, origin('INBOX.Projekte.2019', dotted), 'Projekte/2019'],
  [slash, origin('Projekte.2019', dots), 'Projekte/2019'],
  [slash, origin('Projekte.2019'), 'Projekte.2019'],
  [slash, origin('Einkauf/Verkauf.alt', dots), 'Einkauf_Verkauf/alt'],
  [slash, origin('a/b', { delimiter: null }), 'a_b'],
  [slash, origin('Inbox', { delimiter: null }), 'INBOX'],
  [slash, origin('INBOX/Kunden'), 'INBOX/Kunden'],
  [dot, origin('Projekte/v1.2'), 'Projekte.v1_2'],
  [dot, origin('Sent/2019'), 'Sent.2019'],
  [dot, origin('Sent/2019', dots), 'Sent/2019'],
  [under, origin('Projekte/2019'), 'INBOX.Projekte.2019'],
  [under, origin('INBOX/Kunden'), 'INBOX.Kunden'],
  [under, origin('Sent/2019'), 'INBOX.Sent.2019'],
  [under, origin('shared/Team', { prefix: 'shared/' }), 'INBOX.Team'],
  [[], origin('Projekte.2019', { delimiter: '' }), 'Projekte.2019'],
  // What is there already, and what is a mirror of other folders, is no folder for this mail.
  [
    [...slash, folder('All', 'All', '/', { roles: ['all'], mirror: true })],
    origin('All', { roles: ['all'] }),
    'All-2f62a0',
  ],
  // Nobody else sees it.
  [
    [...slash, folder('shared/Team', 'Team', '/', { namespace: 'shared' })],
    origin('shared/Team'),
    'shared_/Team',
  ],
  // Archives of older versions do not say how names were spelled.
  [slash, origin('INBOX.Work.2019', { delimiter: undefined, prefix: undefined }), 'Work/2019'],
  [courier, origin('Work/v1.2', { delimiter: undefined, prefix: undefined }), 'INBOX.Work.v1_2'],
  [[], origin('Work/2019'), 'Work/2019'],
];

for (const [server, from, path] of cases) {
  test(`${JSON.stringify(from.path)} (${from.roles.join() || 'no use'}) goes to ${path} where folders are ${server.map((one) => one.path).join(', ') || 'none'}`, () => {
    const place = placesOf(server, [from], []).get(from.key)?.path ?? '';
    assert.equal(place.replace(/-[0-9a-f]{6}$/, '-…'), path.replace(/-[0-9a-f]{6}$/, '-…'));
  });
}

test('two names that only the spelling of the server makes equal stay apart, always in the same way', () => {
  const both = placesOf(courier, [origin('v1.2'), origin('v1_2')], []);
  assert.equal(both.get('v1_2')?.path, 'INBOX.v1_2');
  assert.match(both.get('v1.2')?.path ?? '', /^INBOX\.v1_2-[0-9a-f]{6}$/);
  const reversed = placesOf(courier, [origin('v1_2'), origin('v1.2')], []);
  assert.deepEqual(reversed.get('v1.2'), both.get('v1.2'));
});

test('a folder below INBOX and one beside it stay apart where everything is below INBOX', () => {
  const places = placesOf(courier, [origin('INBOX/Kunden'), origin('Kunden')], []);
  assert.equal(places.get('Kunden')?.path, 'INBOX.Kunden');
  assert.match(places.get('INBOX/Kunden')?.path ?? '', /^INBOX\.Kunden-[0-9a-f]{6}$/);
});

test('a name that a server refuses has others: without odd characters, and short enough for one file name', () => {
  const long = `${'ł'.repeat(150)}/${'"quoted" *'.repeat(30)}`;
  const [safe = '', short = ''] = placesOf(courier, [origin(long)], []).get(long)?.otherPaths ?? [];
  assert.doesNotMatch(safe, /["*]/);
  assert.ok(Buffer.byteLength(short, 'utf16le') < 255, short);
  assert.match(short, /^INBOX\.ł+\.[^.]+-[0-9a-f]{6}$/u);
});

test('the most exact --map counts, for a folder and what is below it, and INBOX in any case', () => {
  const maps = ['Work=A', 'Work/2020=B/C', 'inbox=Old', 'a\\=b=D'].map((text) => {
    const map = parseFolderMap(text);
    assert.ok(map !== null, text);
    return map;
  });
  const origins = ['Work', 'Work/2019', 'Work/2020/Q1', 'INBOX', 'Workshop', 'a=b'].map((path) =>
    origin(path),
  );
  const places = placesOf(courier, origins, maps);
  assert.deepEqual(
    [...places].map(([from, { path }]) => `${from}: ${path}`),
    [
      'Work: INBOX.A',
      'Work/2019: INBOX.A.2019',
      'Work/2020/Q1: INBOX.B.C.Q1',
      'INBOX: INBOX.Old',
      'Workshop: INBOX.Workshop',
      'a=b: INBOX.D',
    ],
  );
  for (const wrong of ['Work', '=x', 'x=', '/=x']) assert.equal(parseFolderMap(wrong), null, wrong);
});
