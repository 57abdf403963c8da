import type { AccountRef } from '../../domain/account.ts';
import { shownText } from '../../domain/bounds.ts';
import { bytes } from '../../domain/brands.ts';
import { formatBytes } from '../../domain/size.ts';
import { html, type Html } from '../html.ts';

/** Bytes in binary units. */
export function sizeText(value: number): string {
  return formatBytes(bytes(Math.ceil(value)));
}

/** `2026-03-01 10:00` in UTC; a script shows it in the zone of the browser. `none` is shown if there is no time. */
export function time(at: Date | null, none = 'never'): Html {
  if (at === null) return html`${none}`;
  const iso = at.toISOString();
  return html`<time datetime="${iso}">${iso.slice(0, 16).replace('T', ' ')}</time>`;
}

const tones: Readonly<Record<string, 'good' | 'odd' | 'bad'>> = {
  ok: 'good',
  success: 'good',
  done: 'good',
  verified: 'good',
  partial: 'odd',
  interrupted: 'odd',
  limit: 'bad',
  failed: 'bad',
  quarantined: 'bad',
  disabled: 'bad',
};

/** A state as a word; the colour repeats it. */
export function tag(word: string): Html {
  return html`<span class="tag ${tones[word] ?? 'plain'}">${word}</span>`;
}

/** The text of an error as a sentence. */
export function sentence(text: string): string {
  return `${text.charAt(0).toUpperCase()}${text.slice(1)}${/[.!?]$/.test(text) ? '' : '.'}`;
}

/** A link within the site; parameters that are null or empty are left out. */
export function link(path: string, query: Readonly<Record<string, string | number | null>> = {}): string {
  const params = new URLSearchParams();
  for (const [name, value] of Object.entries(query))
    if (value !== null && value !== '') params.set(name, String(value));
  return params.size === 0 ? path : `${path}?${params.toString()}`;
}

/** A part of a path. A name from a forged manifest may hold halves of surrogate pairs, which no URL can. */
function pathPart(text: string): string {
  return encodeURIComponent(text.toWellFormed());
}

export function accountLink({ server, account }: AccountRef): Html {
  const path = `/accounts/${pathPart(server)}/${pathPart(account)}`;
  return html`<a href="${path}">${shownText(account)}</a>`;
}

/** A text with an address, which may be broken after its `@` rather than in the midst of a name. */
export function addressed(text: string): Html {
  const [first = '', ...others] = shownText(text).split('@');
  return html`${first}${others.map((part) => html`@<wbr />${part}`)}`;
}

/** The name of a policy in a table: it is not broken at its hyphens where there is room. */
export function policyName(name: string, path?: string): Html {
  const shown = shownText(name);
  return html`<span class="policy"
    >${path === undefined ? shown : html`<a href="${path}">${shown}</a>`}</span
  >`;
}

/** Run IDs contain slashes. */
export function runPath(id: string): string {
  return `/runs/${id.split('/').map(pathPart).join('/')}`;
}

/** A table that scrolls sideways where it must, and can then be reached with the keyboard. */
export function htmlTable(
  caption: string,
  head: readonly TableColumn[],
  rows: readonly (readonly TableCell[])[],
): Html {
  return html`<div class="scroll" role="region" tabindex="0" aria-label="${caption}">
    <table>
      <caption>
        ${caption}
      </caption>
      <thead>
        <tr>
          ${head.map(({ title, number }) => html`<th scope="col" ${number === true ? rightClass : null}>${title}</th>`)}
        </tr>
      </thead>
      <tbody>
        ${rows.map(
          (row) =>
            html`<tr>
              ${row.map((cell, index) => tableCell(cell, head[index], index === 0))}
            </tr> `,
        )}
      </tbody>
    </table>
  </div>`;
}

export type TableCell = Html | string | number;

export interface TableColumn {
  readonly title: string;
  /** Aligned to the right. */
  readonly number?: boolean;
  /** Gets more room than its text would claim of the others. */
  readonly broad?: boolean;
}

const rightClass = html` class="number"`;
const broadClass = html` class="broad"`;

function tableCell(cell: TableCell, column: TableColumn | undefined, first: boolean): Html {
  const align = column?.number === true ? rightClass : column?.broad === true ? broadClass : null;
  const content = typeof cell === 'string' ? shownText(cell) : cell;
  if (first) return html`<th scope="row" ${align}>${content}</th>`;
  // Its title is shown beside it where a row is a card.
  return html`<td data-title="${column?.title ?? ''}" ${align}>${content}</td>`;
}
