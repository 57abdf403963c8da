import type { TestContext } from 'node:test';
import { type GmailServer, startGmail } from '../servers/gmail.ts';
import { GmailMailbox, type GmailMessage, type NewGmailMessage } from '../servers/gmail-mailbox.ts';
import { makeSite, policy, type Site } from './installation.ts';

export interface GmailWorld {
  readonly gmail: GmailServer;
  readonly mailbox: GmailMailbox;
  readonly site: Site;
}

/** An old message of 2020 with this subject under these labels. */
export function mail(subject: string, labels: readonly string[], more: Partial<NewGmailMessage> = {}) {
  const body = `From: ann@example.org\r\nSubject: ${subject}\r\n\r\nthe text of ${subject}\r\n`;
  return { body, labels, ...more };
}

/** A Gmail account that holds these messages, and an installation with these policies. */
export async function gmailWorld(
  t: TestContext,
  messages: readonly NewGmailMessage[],
  policies: Parameters<typeof makeSite>[0]['policies'] = [policy('old', 365)],
  more: Partial<Parameters<typeof makeSite>[0]> & { readonly limitBytes?: number } = {},
): Promise<GmailWorld> {
  const { limitBytes, ...wish } = more;
  const mailbox = new GmailMailbox(limitBytes);
  for (const message of messages) mailbox.add(message);
  const gmail = await startGmail(mailbox);
  const site = await makeSite({
    server: { port: gmail.port },
    users: ['alice'],
    policies,
    ...wish,
  });
  t.after(async () => {
    await gmail.stop();
    await site.remove();
  });
  return { gmail, mailbox, site };
}

/** Subject, place, labels and flags of each message, sorted. */
export function held({ mailbox }: Pick<GmailWorld, 'mailbox'>): readonly string[] {
  return mailbox.messages.map(describeMessage).toSorted();
}

function describeMessage({ body, place, labels, flags }: GmailMessage): string {
  const subject = /^Subject: (.*)\r$/m.exec(body.toString('latin1'))?.[1] ?? '';
  return `${subject}: ${place} [${[...labels].toSorted().join(' ')}] (${flags.toSorted().join(' ')})`;
}
