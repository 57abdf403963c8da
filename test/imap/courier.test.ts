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

// Its delimiter is a dot, and every folder of a user lies under INBOX.
mailSessionContract(
  'Courier',
  () => ({
    open: (user) => login(courier.port, user),
    raw: (user) => RawImap.login(courier.port, user),
    path: (...names) => ['INBOX', ...names].join('.'),
    quotaRoot: 'ROOT',
    quotaLimit: 50_000 * 1024,
  }),
  {
    condstore: 'Courier 5.0 has no CONDSTORE',
    move: 'Courier 5.0 has no MOVE',
    openEnd: 'Courier stores whole lines, and adds a line end to a message that ends without one',
  },
);
