import type { FastifyRequest } from 'fastify';
import { shortId } from '../../domain/brands.ts';
import { isError } from '../../errors.ts';
import { html, type Html, lines } from '../html.ts';
import type { FoundMessage, MailDesk } from '../mail-desk.ts';
import type { MailText } from '../mail/mail-text.ts';
import { accountLink, link, sentence, sizeText, htmlTable, time } from './figures.ts';
import type { WebPage } from './layout.ts';

/**
 * `/messages/<archive>/<line>`: one message as text. Nothing in it is rendered, followed or run. `restores`:
 * mail can be restored from the page.
 */
export async function messagePage(
  desk: MailDesk,
  request: FastifyRequest,
  { id, restores }: { readonly id: string; readonly restores: boolean },
): Promise<WebPage> {
  const found = await desk.look(request, id);
  const { record, line, info } = found;
  const body = html`
    <dl class="facts">
      ${headerFacts(info)}
      <dt>Received</dt>
      <dd>${time(new Date(info.internalDate))}</dd>
      <dt>Folder</dt>
      <dd>${record.folder} of ${accountLink(record)}</dd>
      <dt>Flags</dt>
      <dd>${info.flags.join(' ') || 'none'}</dd>
      <dt>Size</dt>
      <dd>${sizeText(info.size)}</dd>
      <dt>Archive</dt>
      <dd>
        <a href="/archives/${record.id}"><code>${shortId(record.id)}</code></a
        >, message ${line}
      </dd>
      <dt>SHA-256</dt>
      <dd><code>${info.sha256}</code></dd>
    </dl>
    <p class="row">
      <a class="button" href="/messages/${record.id}/${line}/download">Download as .eml</a>
      ${restores && html`<a href="${link('/restore', { id: `${record.id}/${line}` })}">Restore it</a>`}
    </p>
    ${await content(desk, found)}
  `;
  return { title: info.subject ?? '(no subject)', section: '/search', body };
}

async function content(desk: MailDesk, found: FoundMessage): Promise<Html> {
  try {
    return mailHtml(await desk.text(found));
  } catch (error) {
    if (!isError(error)) throw error;
    return html`<p class="alarm" role="alert">${sentence(error.message)}</p>`;
  }
}

const sources: Readonly<Record<MailText['from'], string>> = {
  text: '',
  html: 'The message is HTML. This is its text; nothing in it was loaded or run.',
  raw: 'The message could not be parsed; this is how it begins.',
  nothing: 'The message has no text.',
};

/** What its headers say, as entries of a `dl`. */
export function headerFacts({ from, to, date, internalDate }: FoundMessage['info']): Html {
  return html`<dt>From</dt>
    <dd>${from ?? ''}</dd>
    <dt>To</dt>
    <dd>${to ?? ''}</dd>
    <dt>Date</dt>
    <dd>${time(new Date(date ?? internalDate))}</dd>`;
}

/** The text of a message with its headers. */
export function mailHtml({ text, from, cut, headers, attachments }: MailText): Html {
  return html`
    <section aria-labelledby="text">
      <h2 id="text">Text</h2>
      ${
        (from !== 'text' || cut) &&
        html`<p class="note">
          ${sources[from]} ${cut && 'The message is too long to show in full; the download is complete.'}
        </p>`
      }
      ${from !== 'nothing' && html`<pre class="mail">${lines(text)}</pre>`}
    </section>
    ${
      attachments.length > 0 &&
      html`<section aria-labelledby="attachments">
        <h2 id="attachments">Attachments</h2>
        ${htmlTable(
          'Attachments, contained in the download',
          [{ title: 'Name' }, { title: 'Type' }, { title: 'Size', number: true }],
          attachments.map(({ name, type, bytes }) => [name ?? '(no name)', type, sizeText(bytes)]),
        )}
      </section>`
    }
    ${
      headers.length > 0 &&
      html`<details>
        <summary>All headers</summary>
        <pre>${lines(headers.map(([name, value]) => `${name}: ${value}`).join('\n'))}</pre>
      </details>`
    }
  `;
}
