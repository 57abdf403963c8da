import assert from 'node:assert/strict';
import { Buffer } from 'node:buffer';
import test from 'node:test';
import { fileFacts } from '../../src/format/file-facts.ts';
import { splitLabels } from '../../src/format/gmail-labels.ts';

/** Folder and flags of a message with this header field. */
function facts(field: string): readonly [folder: string | undefined, flags: readonly string[] | undefined] {
  const context = { kind: 'mbox', envelopeDate: null, modified: new Date(0), flags: [] } as const;
  const head = Buffer.from(`Subject: x\r\nX-Gmail-Labels: ${field}\r\n\r\n`);
  const { labels } = fileFacts(context, head, new Date());
  return [labels?.folder.join('/'), labels?.flags];
}

const seen = ['\\seen'];
const cases: readonly (readonly [field: string, folder: string, flags: readonly string[]])[] = [
  ['Inbox,Unread', 'Inbox', []],
  ['Inbox,Opened,Starred,Important', 'Inbox', ['\\seen', '\\flagged']],
  ['Archived,Category Updates,Opened', 'Archive', seen],
  ['Work/2019,Inbox', 'Work/2019', seen],
  ['Inbox,"Smith, Jones & Co",Other', 'Smith, Jones & Co', seen],
  ['Sent', 'Sent', seen],
  ['Trash,Inbox', 'Trash', seen],
  ['Spam,Unread', 'Spam', []],
  ['Drafts', 'Drafts', ['\\seen', '\\draft']],
  ['=?UTF-8?Q?=C3=85pnet,Kategori:_Reklame?=', 'Archive', seen],
  ['=?UTF-8?Q?Posteingang,Ge=C3=B6ffnet,?=\r\n =?UTF-8?Q?B=C3=BCro?=', 'Büro', seen],
  ['Posteingang,Ungelesen', 'Inbox', []],
  ['=?UTF-8?B?44K044Of566x?=', 'Trash', seen],
  ['Boîte de réception,Non lus', 'Inbox', []],
  ['البريد الوارد,غير مقروءة', 'Inbox', []],
  ['דואר נכנס,מסומן בכוכב', 'Inbox', ['\\seen', '\\flagged']],
  ['Coș de gunoi,Necitite', 'Trash', []],
  ['Thư nháp', 'Drafts', ['\\seen', '\\draft']],
  ['Kotak Masuk,Penting', 'Inbox', seen],
  ["Safata d'entrada,No llegits", 'Inbox', []],
  ['Послато', 'Sent', seen],
  ['Inbox,\r\n Folded label', 'Folded label', seen],
];
for (const [field, folder, flags] of cases) {
  test(`a message with the labels ${JSON.stringify(field)} is in ${folder}`, () => {
    assert.deepEqual(facts(field), [folder, flags]);
  });
}

test('labels are parted at commas that are not in quotes', () => {
  assert.deepEqual(splitLabels(' a , "b, ""c""" ,,d "e" '), ['a', 'b, "c"', 'd "e"']);
});
