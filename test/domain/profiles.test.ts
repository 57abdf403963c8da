import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import test from 'node:test';
import { profileNames, profileOfHost, profileOfServer, profiles } from '../../src/domain/profiles.ts';

const server = (capabilities: string, id = '', greeting = ''): string =>
  profileOfServer({ capabilities: new Set(capabilities.split(' ')), id, greeting }).name;

test('well-known hosts give their profile away before the login', () => {
  const found = [
    'imap.gmail.com',
    'IMAP.GMAIL.COM.',
    'outlook.office365.com',
    'export.imap.mail.yahoo.com',
    'imap.mail.me.com',
    'p03-imap.mail.me.com',
  ].map((host) => profileOfHost(host)?.name);
  assert.deepEqual(found, ['gmail', 'gmail', 'microsoft365', 'yahoo', 'icloud', 'icloud']);
  for (const host of ['imap.example.com', 'imap.gmail.com.example.com', 'notmail.yahoo.com', '127.0.0.1'])
    assert.equal(profileOfHost(host), null, host);
});

test('other servers are told by capability, ID or greeting, in this order', () => {
  assert.equal(server('IMAP4REV1 X-GM-EXT-1', 'Dovecot'), 'gmail');
  assert.equal(server('IMAP4REV1 XYMHIGHESTMODSEQ'), 'yahoo');
  assert.equal(server('IMAP4REV1 XAPPLEPUSHSERVICE'), 'icloud');
  assert.equal(server('IMAP4REV1 XAPPLEPUSHSERVICE', 'Dovecot'), 'dovecot');
  assert.equal(server('IMAP4REV1', 'Microsoft.Exchange.Imap4.Imap4Server'), 'exchange');
  assert.equal(server('IMAP4REV1', 'Zimbra'), 'zimbra');
  assert.equal(server('IMAP4REV1', 'Cyrus IMAP'), 'cyrus');
  assert.equal(server('IMAP4REV1', 'Proton Mail Bridge'), 'proton-bridge');
  assert.equal(server('IMAP4REV1', '', 'The Microsoft Exchange IMAP4 service is ready.'), 'exchange');
  assert.equal(server('IMAP4REV1', '', 'Courier-IMAP ready.'), 'courier');
  assert.equal(server('IMAP4REV1', 'Something', 'Hello'), 'generic');
});

test('docs/servers.md shows the whole table as it is', () => {
  const page = readFileSync(new URL('../../docs/servers.md', import.meta.url), 'utf8');
  const rows = new Map(
    [...page.matchAll(/^\| `([a-z0-9-]+)` +\|(.*)\|$/gm)].map(([, name = '', rest = '']) => [
      name,
      rest.split('|').map((cell) => cell.trim()),
    ]),
  );
  for (const name of profileNames) {
    const { connections, attempts, commandTimeoutMs, pace, exactSizes, signIn } = profiles[name];
    const cells = rows.get(name) ?? [];
    assert.deepEqual(
      cells,
      [
        String(connections),
        String(attempts),
        `${commandTimeoutMs / 60_000}min`,
        pace === null ? 'no limit' : String(pace),
        exactSizes ? 'exact' : 'estimates',
        signIn.join(', '),
      ],
      name,
    );
  }
});
