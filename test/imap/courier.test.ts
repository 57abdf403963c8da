import { after, before } from 'node:test';
import { mailSessionContract } from '../contract/mail-session.ts';
import { type Courier, startCourier } from '../servers/courier.ts';
import { RawImap } from '../servers/raw-imap.ts';
import { login } from './sessions.ts';

let courier: Courier;
before(async () => {
  courier = await startCourier({ quotaBytes: 50_000 * 1024 });
});
after(() => courier.stop());

mailSessionContract('Courier', () => ({
  open: (user) => login(courier.port, user),
  raw: (user) => RawImap.login(courier.port, user),
  path: (...names) => ['INBOX', ...names].join('.'),
  quotaRoot: 'ROOT',
  quotaLimit: 50_000 * 1024,
}));
