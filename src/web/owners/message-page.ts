import { isError } from '../../errors.ts';
import { html, type Html } from '../html.ts';
import { sizeText, time } from '../pages/figures.ts';
import { headerFacts, mailHtml } from '../pages/message.ts';
import type { OwnerPage } from './frame.ts';
import type { MessageName, OwnersArchive, OwnMessage } from './own-archive.ts';
import { destinationChoice } from './restore-page.ts';

/** `/mine/messages/<archive>/<line>`: one message as text. Nothing in it is rendered, followed or run. */
export async function ownMessagePage(
  archive: OwnersArchive,
  name: MessageName,
  key: string,
): Promise<OwnerPage> {
  const message = await archive.look(name);
  const { info, folder, archived } = message;
  const path = `${message.archive}/${message.line}`;
  const body = html`
    <dl class="facts">
      ${headerFacts(info)}
      <dt>Folder</dt>
      <dd>${folder}</dd>
      <dt>Size</dt>
      <dd>${sizeText(info.size)}</dd>
      <dt>Archived</dt>
      <dd>${time(archived)}</dd>
    </dl>
    ${
      message.encrypted
        ? html`<p class="note" role="status">
            This message is encrypted, and only your administrator has the key. It can't be read, downloaded
            or restored here; ask your administrator.
          </p>`
        : html`<p><a class="button" href="/mine/messages/${path}/download">Download as .eml</a></p>
            <form class="upright" method="post" action="/mine/restore">
              <input type="hidden" name="key" value="${key}" />
              <input type="hidden" name="id" value="${path}" />
              ${destinationChoice()}
              <button>Restore this message</button>
            </form>
            ${await content(archive, message)}`
    }
  `;
  return { title: info.subject ?? '(no subject)', body };
}

async function content(archive: OwnersArchive, message: OwnMessage): Promise<Html> {
  try {
    return mailHtml(await archive.text(message));
  } catch (error) {
    if (!isError(error, 'verify', 'store')) throw error;
    // Owners need not know where it is stored.
    return html`<p class="alarm" role="alert">
      The message can't be read from the archive now. Your administrator can find out why.
    </p>`;
  }
}
