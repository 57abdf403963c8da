import { z } from 'zod';
import type { MessageRow } from '../../ports/records.ts';
import { html, type Html } from '../html.ts';
import { addressed, htmlTable, sizeText, time } from '../pages/figures.ts';
import { foundCaption, queryFault, queryText, shortText } from '../pages/found.ts';
import { dateField, paging, perPage } from '../pages/paging.ts';
import { given, readQuery, whole, word } from '../query.ts';
import type { OwnerPage } from './frame.ts';
import type { OwnersArchive } from './own-archive.ts';
import { ownPlace, placeAfter } from './own-place.ts';
import { destinationChoice } from './restore-page.ts';

const querySchema = z.strictObject({
  q: given(word),
  since: given(z.iso.date()),
  before: given(z.iso.date()),
  page: given(whole),
  after: given(ownPlace),
});
type Wish = z.output<typeof querySchema>;

/** `/mine`: all archived mail of the account, or what a search finds of it. `key`: for the form that restores. */
export async function listPage(archive: OwnersArchive, query: unknown, key: string): Promise<OwnerPage> {
  const wish = readQuery(querySchema, query);
  const { q = '', since, before } = wish;
  const body = html`
    <form method="get" action="/mine" role="search">
      <div class="wide">
        <label for="q">Search my archived mail</label>
        <input id="q" name="q" type="search" value="${q}" autocomplete="off" aria-describedby="how" />
      </div>
      ${dateField('since', 'From day', since)} ${dateField('before', 'Before day', before)}
      <button>Search</button>
    </form>
    <p class="note" id="how">
      Words, <code>"two words"</code>, <code>-without</code>, <code>from:anna</code>,
      <code>subject:invoice</code>, <code>folder:INBOX</code>, <code>larger:1MiB</code>.
    </p>
    ${await results(archive, wish, key)}
  `;
  return { title: 'My archived mail', body };
}

async function results(archive: OwnersArchive, wish: Wish, key: string): Promise<Html> {
  const { q = '', since, before, after } = wish;
  const text = queryText(wish);
  const page = Math.max(1, wish.page ?? 1);
  const passed = (page - 1) * perPage;
  try {
    const { messages, more, total } = await archive.search(text, {
      limit: perPage,
      offset: after?.passed ?? passed,
      ...(after === undefined ? {} : { after: after.date }),
    });
    if (messages.length === 0)
      return html`<p role="status">
        ${text === '' && page === 1 ? 'None of your mail is archived.' : 'Nothing found.'}
      </p>`;
    const caption = foundCaption(total, passed, messages.length);
    const next = placeAfter(messages, after ?? { passed });
    return html`
      <form class="upright" method="post" action="/mine/restore">
        <input type="hidden" name="key" value="${key}" />
        <p class="note">To get mail back, tick it, choose a place below the list, and restore it.</p>
        ${htmlTable(caption, columns, messages.map(cells))}
        <div class="row stay">${destinationChoice()} <button>Restore the chosen messages</button></div>
      </form>
      ${paging('/mine', { q, since: since ?? null, before: before ?? null }, { page, more, next })}
    `;
  } catch (error) {
    return queryFault(error);
  }
}

const columns = [
  { title: 'Subject', broad: true },
  { title: 'From' },
  { title: 'Date' },
  { title: 'Folder' },
  { title: 'Size', number: true },
];

function cells(row: MessageRow, index: number): readonly (Html | string)[] {
  const subject = shortText(row.subject) || '(no subject)';
  const id = `message-${index}`;
  return [
    html`<label class="unseen" for="${id}">Restore: ${subject}</label
      ><input type="checkbox" id="${id}" name="id" value="${row.archive}/${row.line}" />
      <a href="/mine/messages/${row.archive}/${row.line}">${subject}</a>`,
    addressed(shortText(row.from)),
    time(row.date ?? row.internalDate),
    row.folder,
    sizeText(row.bytes),
  ];
}
