import type { WebhookConfig } from '../config/settings.ts';
import type { ReportMessage } from '../ports/delivery.ts';

/** Services take no more: ntfy makes a file of longer messages, Discord refuses them. In bytes of UTF-8. */
const mostText = 4000;
const mostChat = 1900;

/** What is POSTed, with the headers that belong to it. */
export interface WebhookBody {
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

/** The report in the form that the service understands. */
export function webhookBody({ format }: Pick<WebhookConfig, 'format'>, message: ReportMessage): WebhookBody {
  switch (format) {
    case 'json':
      return { headers: { 'content-type': 'application/json' }, body: JSON.stringify(message.json) };
    case 'text':
      // `title` is what ntfy shows above the message. A header takes nothing but ASCII.
      return {
        headers: {
          'content-type': 'text/plain; charset=utf-8',
          title: message.subject.replaceAll(/[^ -~]/g, '?'),
        },
        body: shortened(message.text, mostText),
      };
    case 'chat':
      return {
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify({ text: `${message.subject}\n\`\`\`\n${quoted(message.text)}\`\`\`` }),
      };
  }
}

/**
 * Texts of mail servers are in a report: as code, and with the characters escaped that Slack reads as
 * commands, they mention nobody and link nowhere.
 */
function quoted(text: string): string {
  const plain = shortened(text, mostChat).replaceAll('`', "'");
  return plain.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
}

/** Whole lines as far as they fit, and what to do about the others. */
function shortened(text: string, most: number): string {
  if (Buffer.byteLength(text) <= most) return text;
  const rest = '… `mothball report` shows all of it.\n';
  let left = most - Buffer.byteLength(rest);
  const lines: string[] = [];
  for (const line of text.split('\n')) {
    left -= Buffer.byteLength(line) + 1;
    if (left < 0) break;
    lines.push(line);
  }
  return `${lines.join('\n')}\n${rest}`;
}
