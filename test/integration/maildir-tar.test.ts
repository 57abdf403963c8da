import test, { after, before } from 'node:test';
import { type Dovecot, startDovecot } from '../servers/dovecot.ts';
import { formatTrip } from './format-trip.ts';

let dovecot: Dovecot;

before(async () => {
  dovecot = await startDovecot();
});
after(() => dovecot.stop());

for (const [compression, ending] of [
  ['zstd', '.maildir.tar.zst'],
  ['gzip', '.maildir.tar.gz'],
  ['none', '.maildir.tar'],
] as const) {
  test(`mail goes into maildir-tar with ${compression}, opens in other programs, and comes back byte for byte from the archive alone`, (t) =>
    formatTrip(t, dovecot, { format: 'maildir-tar', compression }, ending));
}
