import type { FastifyRequest } from 'fastify';
import { z } from 'zod';
import { isError } from '../../errors.ts';
import type { MessageRow } from '../../ports/records.ts';
import { html, type Html, nothing } from '../html.ts';
import type { MailDesk } from '../mail-desk.ts';
import { given, readQuery, whole, word } from '../query.ts';
import { sizeText, htmlTable, time } from './figures.ts';
import type { WebPage } from './layout.ts';
import { paging, perPage } from './paging.ts';

const querySchema = z.strictObject({ q: given(word), page: given(whole) });

/** `/search`: archived mail. Without a query nothing is searched, and nothing is audited. */
export async function searchPage(desk: MailDesk, request: FastifyRequest): Promise<WebPage> {
  const { q = '', page = 1 } = readQuery(querySchema, request.query);
  const found = q.trim() === '' ? nothing : await results(desk, request, q, Math.max(1, page));
  const body = html`
    <form method="get" action="/search" role="search">
      <div class="wide">
        <label for="q">Search archived mail</label>
        <input id="q" name="q" type="search" value="${q}" autocomplete="off" aria-describedby="how" />
      </div>
      <button>Search</button>
    </form>
    <p class="note" id="how">
      Words, <code>"two words"</code>, and
      <code>from: to: subject: folder: id: since: before: larger: smaller:</code>, as in
      <code>from:anna invoice since:2024-01-01 larger:1MiB</code>. Every search, view and download is
      recorded.
    </p>
    ${found}
  `;
  return { title: 'Search', section: '/search', body };
}

async function results(desk: MailDesk, request: FastifyRequest, q: string, page: number): Promise<Html> {
  try {
    const { messages, more } = await desk.search(request, q, {
      limit: perPage,
      offset: (page - 1) * perPage,
    });
    if (messages.length === 0) return html`<p role="status">Nothing found.</p>`;
    return html`${htmlTable('Messages found, newest first', columns, messages.map(cells))}
    ${paging('/search', { q }, { page, more })}`;
  } catch (error) {
    // The fault in a query is shown beside what was typed.
    if (isError(error, 'usage')) return html`<p role="alert">${error.message}</p>`;
    throw error;
  }
}

const columns = [
  { title: 'Subject' },
  { title: 'From' },
  { title: 'Date' },
  { title: 'Account' },
  { title: 'Folder' },
  { title: 'Size', number: true },
];

function cells(row: MessageRow): readonly (Html | string)[] {
  return [
    html`<a href="/messages/${row.archive}/${row.line}">${short(row.subject) || '(no subject)'}</a>`,
    short(row.from),
    time(row.date ?? row.internalDate),
    row.account,
    row.folder,
    sizeText(row.bytes),
  ];
}

function short(text: string | null): string {
  const all = Array.from(text ?? '');
  return all.length > 120 ? `${all.slice(0, 119).join('')}…` : all.join('');
}
