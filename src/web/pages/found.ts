import { count, foundText } from '../../domain/count.ts';
import { isError } from '../../errors.ts';
import type { FoundCount } from '../../ports/lines.ts';
import { html, type Html } from '../html.ts';
import { sentence } from './figures.ts';

interface SearchFields {
  readonly q?: string | undefined;
  readonly since?: string | undefined;
  readonly before?: string | undefined;
}

/** The query that the fields of a search form amount to. */
export function queryText({ q = '', since, before }: SearchFields): string {
  return [q.trim(), since && `since:${since}`, before && `before:${before}`].filter(Boolean).join(' ');
}

/** `passed`: messages on the pages before. */
export function foundCaption(total: FoundCount, passed: number, shown: number): string {
  const last = passed + shown;
  const found = `Messages found: ${foundText({ ...total, messages: Math.max(total.messages, last) })}, newest first`;
  const range =
    passed === 0 && !total.more && shown === total.messages
      ? ''
      : `; these are ${count(passed + 1)} to ${count(last)}`;
  return `${found}${range}`;
}

/** What is wrong with a query, to be shown below the form. Other errors are thrown again. */
export function queryFault(error: unknown): Html {
  if (isError(error, 'usage')) return html`<p class="alarm" role="alert">${sentence(error.message)}</p>`;
  throw error;
}

/** A subject or sender as a list shows it. */
export function shortText(text: string | null): string {
  const all = Array.from(text ?? '');
  return all.length > 120 ? `${all.slice(0, 119).join('')}…` : all.join('');
}
