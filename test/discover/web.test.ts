import assert from 'node:assert/strict';
import type { LookupFunction } from 'node:net';
import test from 'node:test';
import { isPublicAddress } from '../../src/discover/private-address.ts';
import { readPage, type PageLimits } from '../../src/discover/web.ts';
import { type Page, startSite } from './site.ts';

const start = 'https://autoconfig.corp.test/mail/config-v1.1.xml';
const limits: PageLimits = { timeoutMs: 1_000, maxBytes: 1_000, redirects: 3 };

test('addresses that lead inside are told from those of the internet, however they are written', () => {
  const inside = `127.0.0.1 127.9.9.9 10.0.0.1 172.16.0.1 172.31.255.255 192.168.1.1 169.254.169.254 100.64.0.1
    0.0.0.0 255.255.255.255 224.0.0.1 192.0.2.1 198.18.0.1 ::1 :: ::ffff:127.0.0.1 ::ffff:10.0.0.1 ::ffff:7f00:1
    0:0:0:0:0:ffff:c0a8:0101 ::127.0.0.1 64:ff9b::7f00:1 64:ff9b:1::1 2002:7f00:1:: 2001:0:1::1 fe80::1 fe80::1%eth0
    fc00::1 fd12:3456::1 fec0::1 ff02::1 2001:db8::1 nonsense 1.2.3`;
  for (const address of inside.split(/\s+/)) assert.ok(!isPublicAddress(address), address);
  for (const address of ['93.184.215.14', '172.32.0.1', '2606:2800:21f:cb07::1', '::ffff:93.184.215.14'])
    assert.ok(isPublicAddress(address), address);
});

const refused: readonly (readonly [name: string, page: Page, reason: RegExp])[] = [
  ['127.0.0.1', { location: 'https://127.0.0.1/x' }, /internal address/],
  ['10.x', { location: 'https://10.1.2.3/x' }, /internal address/],
  ['a number that is 127.0.0.1', { location: 'https://2130706433/x' }, /127\.0\.0\.1, an internal address/],
  ['octal digits that are 127.0.0.1', { location: 'https://0177.0.0.1/x' }, /127\.0\.0\.1, an internal/],
  ['::1', { location: 'https://[::1]/x' }, /internal address/],
  ['an IPv4 address in IPv6', { location: 'https://[::ffff:10.0.0.1]/x' }, /internal address/],
  ['NAT64', { location: 'https://[64:ff9b::a00:1]/x' }, /internal address/],
  [
    'a name with an internal address',
    { location: 'https://inside.test/x' },
    /10\.0\.0\.7, an internal address/,
  ],
  ['http', { location: 'http://web.test/x' }, /http:, not to https/],
  ['a file', { location: 'file:///etc/passwd' }, /file:, not to https/],
  ['a URL with a password', { location: 'https://a:b@web.test/' }, /with a password/],
  ['what is no URL', { location: 'https://' }, /no address/],
  ['itself, for ever', { location: start }, /more than 3 redirects/],
];

for (const [name, page, reason] of refused) {
  test(`a redirect to ${name} is refused, and nothing is asked there`, async (t) => {
    const site = await startSite({ [start]: page }, { 'inside.test': '10.0.0.7' });
    t.after(() => site.stop());
    await assert.rejects(readPage(start, { ...site.web, limits }), { name: 'WebRefusal', message: reason });
    assert.deepEqual(new Set(site.asked), new Set([start]));
  });
}

test('a redirect to a public host is followed', async (t) => {
  const site = await startSite({ [start]: { location: 'https://web.test/y' }, 'https://web.test/y': 'page' });
  t.after(() => site.stop());
  assert.equal(await readPage(start, { ...site.web, limits }), 'page');
});

test('the host that the domain names may be an internal one', async (t) => {
  const site = await startSite({ [start]: 'page' }, { 'autoconfig.corp.test': '10.0.0.7' });
  t.after(() => site.stop());
  assert.equal(await readPage(start, { ...site.web, limits }), 'page');
});

test('a page that is too long, too slow, or sends its body for ever ends in a reason', async (t) => {
  const site = await startSite({
    'https://web.test/long': 'x'.repeat(1_001),
    'https://web.test/silent': () => undefined,
    'https://web.test/trickle': (response) => {
      const timer = setInterval(() => response.write('x'), 20);
      response.once('close', () => clearInterval(timer));
    },
    'https://web.test/broken': (response) => response.writeHead(500).end(),
  });
  t.after(() => site.stop());
  for (const [path, reason] of [
    ['long', /longer than 1000 bytes/],
    ['silent', /no answer in time/],
    ['trickle', /no answer in time/],
    ['broken', /answers 500/],
    ['none', /404/],
  ] as const)
    await assert.rejects(readPage(`https://web.test/${path}`, { ...site.web, limits }), { message: reason });
});

test('a certificate that nobody vouches for is refused', async (t) => {
  const site = await startSite({ [`https://web.test/y`]: 'page' });
  t.after(() => site.stop());
  const lookup: LookupFunction = (_host, _options, found) =>
    found(null, [{ address: '127.0.0.1', family: 4 }]);
  await assert.rejects(readPage(`https://web.test:${site.port}/y`, { lookup, limits }), {
    name: 'WebRefusal',
    message: /self-signed certificate/,
  });
  assert.deepEqual(site.asked, []);
});
