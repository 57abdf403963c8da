import type { FastifyRequest } from 'fastify';
import { z } from 'zod';
import { shortId } from '../../domain/brands.ts';
import type { MessageRow } from '../../ports/records.ts';
import { html, type Html, nothing } from '../html.ts';
import type { MailDesk } from '../mail-desk.ts';
import { given, place, readQuery, whole, word } from '../query.ts';
import { addressed, sizeText, htmlTable, time } from './figures.ts';
import { foundCaption, queryFault, queryText, shortText } from './found.ts';
import type { WebPage } from './layout.ts';
import { dateField, paging, perPage, textField } from './paging.ts';

const querySchema = z.strictObject({
  q: given(word),
  account: given(word),
  since: given(z.iso.date()),
  before: given(z.iso.date()),
  /** Linked from the page of an archive. */
  archive: given(z.string().regex(/^[0-9a-f]{64}$/)),
  page: given(whole),
  // Where the page begins, so that pages far from the first are as fast.
  after: given(place),
});

type Wish = z.output<typeof querySchema>;

/** `/search`: archived mail. Without a query nothing is searched, and nothing is audited. */
export async function searchPage(desk: MailDesk, request: FastifyRequest): Promise<WebPage> {
  const wish = readQuery(querySchema, request.query);
  const { q = '', account, since, before, archive } = wish;
  const text = queryText(wish);
  const found =
    text === '' && account === undefined && archive === undefined
      ? nothing
      : await results(desk, request, text, wish);
  const body = html`
    <form method="get" action="/search" role="search">
      <div class="wide">
        <label for="q">Search archived mail</label>
        <input id="q" name="q" type="search" value="${q}" autocomplete="off" aria-describedby="how" />
      </div>
      ${textField('account', 'Account (* matches any part)', account)}
      ${dateField('since', 'From day', since)} ${dateField('before', 'Before day', before)}
      ${
        archive !== undefined &&
        html`<p class="note">
          <input type="hidden" name="archive" value="${archive}" />Only in archive
          <a href="/archives/${archive}"><code>${shortId(archive)}</code></a>
        </p>`
      }
      <button>Search</button>
    </form>
    <p class="note" id="how">
      Words, <code>"two words"</code>, <code>-without</code>, <code>OR</code>, and
      <code>from: to: subject: body: attachment: has: folder: id: since: before: date: larger: smaller:</code
      >, as in <code>from:anna invoice since:2024-01-01 larger:1MiB</code>. Every search, view and download is
      recorded.
    </p>
    ${found}
  `;
  return { title: 'Search', section: '/search', body };
}

async function results(desk: MailDesk, request: FastifyRequest, text: string, wish: Wish): Promise<Html> {
  const page = Math.max(1, wish.page ?? 1);
  const passed = (page - 1) * perPage;
  try {
    const { messages, more, next, total } = await desk.search(request, text, {
      limit: perPage,
      offset: wish.after === undefined ? passed : 0,
      after: wish.after,
      account: wish.account,
      archive: wish.archive,
    });
    if (messages.length === 0) return html`<p role="status">Nothing found.</p>`;
    const { q = null, account = null, since = null, before = null, archive = null } = wish;
    const caption = foundCaption(total, passed, messages.length);
    return html`${htmlTable(caption, columns, messages.map(cells))}
    ${paging('/search', { q, account, since, before, archive }, { page, more, next })}`;
  } catch (error) {
    return queryFault(error);
  }
}

const columns = [
  { title: 'Subject', broad: true },
  { title: 'From' },
  { title: 'Date' },
  { title: 'Account' },
  { title: 'Folder' },
  { title: 'Size', number: true },
];

function cells(row: MessageRow): readonly (Html | string)[] {
  return [
    html`<a href="/messages/${row.archive}/${row.line}">${shortText(row.subject) || '(no subject)'}</a>`,
    addressed(shortText(row.from)),
    time(row.date ?? row.internalDate),
    addressed(row.account),
    row.folder,
    sizeText(row.bytes),
  ];
}
