import type { ReasonCode } from '../../src/domain/reason.ts';
import type { GmailWorld } from '../integration/gmail-site.ts';

/** What only Gmail can change while a message waits for its grace, and why it stays then. */
export const gmailRows: readonly {
  readonly when: string;
  readonly code: ReasonCode;
  readonly change: (world: GmailWorld) => void;
}[] = [
  {
    when: 'its labels changed',
    code: 'labels-changed',
    change: ({ mailbox }) => {
      for (const message of mailbox.messages) {
        message.labels = new Set(['Home']);
        mailbox.changed(message);
      }
    },
  },
  {
    when: 'its labels are no longer reported',
    code: 'labels-unknown',
    change: ({ mailbox }) => void mailbox.withheld.add('X-GM-LABELS'),
  },
  {
    when: 'its X-GM-MSGID is no longer reported',
    code: 'gmail-id-unknown',
    change: ({ mailbox }) => void mailbox.withheld.add('X-GM-MSGID'),
  },
];
