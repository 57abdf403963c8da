import { count } from '../../domain/count.ts';
import { html, type Html, nothing } from '../html.ts';
import { link } from './figures.ts';

/** Rows on one page of a list. */
export const perPage = 50;

/** Links to the previous and the next page, with the same filter. */
export function paging(
  path: string,
  query: Readonly<Record<string, string | null>>,
  page: number,
  more: boolean,
): Html {
  if (page === 1 && !more) return nothing;
  const to = (number: number): string => link(path, { ...query, page: number === 1 ? null : number });
  return html`<nav class="pages" aria-label="Pages">
    ${page > 1 && html`<a rel="prev" href="${to(page - 1)}">Newer</a>`}
    <span>Page ${count(page)}</span>
    ${more && html`<a rel="next" href="${to(page + 1)}">Older</a>`}
  </nav>`;
}

/** A field of a filter with its label. */
export function textField(name: string, label: string, value: string | undefined): Html {
  return html`<div>
    <label for="${name}">${label}</label>
    <input id="${name}" name="${name}" value="${value ?? ''}" autocomplete="off" />
  </div>`;
}

export function choice(
  name: string,
  label: string,
  options: readonly string[],
  value: string | undefined,
): Html {
  return html`<div>
    <label for="${name}">${label}</label>
    <select id="${name}" name="${name}">
      <option value="">any</option>
      ${options.map((option) => html`<option${option === value ? html` selected` : null}>${option}</option>`)}
    </select>
  </div>`;
}
