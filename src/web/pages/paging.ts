import { count } from '../../domain/count.ts';
import { html, type Html, nothing } from '../html.ts';
import { link } from './figures.ts';

/** Rows on one page of a list. */
export const perPage = 50;

interface Place {
  readonly page: number;
  /** There is a next page. */
  readonly more: boolean;
  /** Where the next page begins, where that is known. */
  readonly next?: string | null;
  /** What the links are called; left out: the list is the newest first. */
  readonly names?: readonly [string, string];
}

/** Links to the previous and the next page, with the same filter. */
export function paging(
  path: string,
  query: Readonly<Record<string, string | null>>,
  { page, more, next = null, names: [back, on] = ['Newer', 'Older'] }: Place,
): Html {
  if (page === 1 && !more) return nothing;
  const to = (number: number): string => link(path, { ...query, page: number === 1 ? null : number });
  return html`<nav class="pages" aria-label="Pages">
    ${page > 1 && html`<a rel="prev" href="${to(page - 1)}">${back}</a>`}
    <span>Page ${count(page)}</span>
    ${more && html`<a rel="next" href="${link(path, { ...query, page: page + 1, after: next })}">${on}</a>`}
  </nav>`;
}

/** Rows of a file for spreadsheets: it is made in memory. */
export const mostInCsv = 10_000;

/** Leads to the same list for a spreadsheet; nothing where it is empty. */
export function csvLink(path: string, query: Readonly<Record<string, string | null>>, total: number): Html {
  if (total === 0) return nothing;
  const which = total > mostInCsv ? `The newest ${count(mostInCsv)} of these` : 'All of these';
  return html`<p><a href="${link(path, query)}">${which} as CSV</a></p>`;
}

/** A field of a filter with its label. */
export function textField(name: string, label: string, value: string | undefined): Html {
  return html`<div>
    <label for="${name}">${label}</label>
    <input id="${name}" name="${name}" value="${value ?? ''}" autocomplete="off" />
  </div>`;
}

/** A day, in UTC like every day of a search. Browsers offer a calendar. */
export function dateField(name: string, label: string, value: string | undefined): Html {
  return html`<div>
    <label for="${name}">${label}</label>
    <input id="${name}" name="${name}" type="date" value="${value ?? ''}" />
  </div>`;
}

export function choice(
  name: string,
  label: string,
  options: readonly string[],
  value: string | undefined,
): Html {
  return namedChoice(name, label, Object.fromEntries(options.map((option) => [option, option])), value);
}

/** A choice whose options have names of their own; `none` null: one of them is always chosen. */
export function namedChoice(
  name: string,
  label: string,
  options: Readonly<Record<string, string>>,
  ...[value, none = 'any']: readonly [value: string | undefined, none?: string | null]
): Html {
  return html`<div>
    <label for="${name}">${label}</label>
    <select id="${name}" name="${name}">
      ${none !== null && html`<option value="">${none}</option>`}
      ${Object.entries(options).map(
        ([option, text]) =>
          html`<option value="${option}" ${option === value ? html` selected` : null}>${text}</option>`,
      )}
    </select>
  </div>`;
}
