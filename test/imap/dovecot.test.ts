import { after, before } from 'node:test';
import { mailSessionContract } from '../contract/mail-session.ts';
import { type Dovecot, startDovecot } from '../servers/dovecot.ts';
import { RawImap } from '../servers/raw-imap.ts';
import { login } from './sessions.ts';

let dovecot: Dovecot;
before(async () => {
  dovecot = await startDovecot({ quotaBytes: 100 * 1024 * 1024 });
});
after(() => dovecot.stop());

mailSessionContract('Dovecot', () => ({
  open: (user) => login(dovecot.port, user),
  raw: (user) => RawImap.login(dovecot.port, user),
  path: (...names) => names.join('/'),
  quotaRoot: 'User quota',
  quotaLimit: 100 * 1024 * 1024,
}));
