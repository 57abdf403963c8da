import test, { after, before } from 'node:test';
import { type Dovecot, startDovecot } from '../servers/dovecot.ts';
import { formatTrip } from './format-trip.ts';

let dovecot: Dovecot;

before(async () => {
  dovecot = await startDovecot();
});
after(() => dovecot.stop());

for (const [compression, ending] of [
  ['deflate', '.eml.zip'],
  ['none', '.eml.zip'],
] as const) {
  test(`mail goes into eml-zip with ${compression}, opens in other programs, and comes back byte for byte from the archive alone`, (t) =>
    formatTrip(t, dovecot, { format: 'eml-zip', compression }, ending));
}
