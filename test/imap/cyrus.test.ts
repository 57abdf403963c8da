import { after, before } from 'node:test';
import { mailSessionContract } from '../contract/mail-session.ts';
import { type Cyrus, startCyrus } from '../servers/cyrus.ts';
import { RawImap } from '../servers/raw-imap.ts';
import { login } from './sessions.ts';

let cyrus: Cyrus;
before(async () => {
  const users = Array.from({ length: 20 }, (_, index) => `user${index + 1}`);
  cyrus = await startCyrus({ users, quotaKb: 50_000 });
});
after(() => cyrus.stop());

// Its delimiter is a dot, and every folder of a user lies under INBOX.
mailSessionContract('Cyrus', () => ({
  open: (user) => login(cyrus.port, user),
  raw: (user) => RawImap.login(cyrus.port, user),
  path: (...names) => ['INBOX', ...names].join('.'),
  quotaRoot: 'INBOX',
  quotaLimit: 50_000 * 1024,
}));
