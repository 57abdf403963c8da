import assert from 'node:assert/strict';
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test, { after, before } from 'node:test';
import { parse } from 'yaml';
import { entryOf } from '../../src/cli/discover.ts';
import { findServer } from '../../src/discover/find-server.ts';
import { serverSchema, accountSchema } from '../../src/config/schema-server.ts';
import { mothball } from '../integration/mothball.ts';
import { type NameServer, startDnsmasq } from '../servers/dnsmasq.ts';
import { type Page, startSite } from './site.ts';

let names: NameServer;

before(async () => {
  names = await startDnsmasq([
    'srv-host=_imaps._tcp.srv.test,second.srv.test,993,20,0',
    'srv-host=_imaps._tcp.srv.test,light.srv.test,993,10,1',
    'srv-host=_imaps._tcp.srv.test,imap.srv.test,1993,10,60',
    'srv-host=_imap._tcp.srv.test,plain.srv.test,143,0,0',
    'srv-host=_imap._tcp.start.test,imap.start.test,143,0,0',
    'srv-host=_imaps._tcp.workspace.test,imap.gmail.com,993,0,0',
    'srv-host=_imaps._tcp.stranger.test,imap.elsewhere.test,993,0,0',
    'srv-host=_imaps._tcp.contoso-srv.test,outlook.office365.com,993,0,0',
    'mx-host=google.test,aspmx.l.google.com,1',
    'mx-host=contoso.test,contoso-test.mail.protection.outlook.com,0',
    'mx-host=own.test,mail.own.test,10',
  ]);
});

after(() => names.stop());

const provider = (servers: string): string =>
  `<?xml version="1.0"?><clientConfig version="1.1"><emailProvider id="x.test">${servers}</emailProvider></clientConfig>`;
const imap = (
  host: string,
  socket = 'SSL',
  port = 993,
  user = '%EMAILADDRESS%',
  auth = 'password-cleartext',
) =>
  `<incomingServer type="imap"><hostname>${host}</hostname><port>${port}</port><socketType>${socket}</socketType>
   <username>${user}</username><authentication>${auth}</authentication></incomingServer>`;

async function ask(address: string, pages: Readonly<Record<string, Page>> = {}) {
  const site = await startSite(pages);
  try {
    return {
      ...(await findServer(address, { nameServers: [names.address], web: site.web })),
      asked: site.asked,
    };
  } finally {
    await site.stop();
  }
}

test('SRV records: implicit TLS before STARTTLS, the lowest priority, then the highest weight', async () => {
  const { server, asked } = await ask('alice@srv.test');
  assert.deepEqual(
    [server?.host, server?.port, server?.tls, server?.source],
    ['imap.srv.test', 1993, 'implicit', 'the SRV record _imaps._tcp.srv.test'],
  );
  assert.deepEqual(asked, [], 'nothing else is asked');
  assert.equal((await ask('alice@start.test')).server?.tls, 'starttls');
  const google = (await ask('alice@workspace.test')).server;
  assert.deepEqual([google?.profile, google?.signIn[0]], ['gmail', 'oauth2']);
});

test('autoconfig: the pages of the domain, then the database of Mozilla; what is not encrypted is passed by', async () => {
  const own = 'https://autoconfig.page.test/mail/config-v1.1.xml';
  const found = await ask('bob@page.test', {
    [own]: provider(
      imap('clear.page.test', 'plain', 143) +
        imap('imap.page.test', 'STARTTLS', 143, '%EMAILLOCALPART%') +
        imap('late.page.test'),
    ),
  });
  assert.deepEqual(
    [found.server?.host, found.server?.tls, found.server?.user, found.server?.signIn],
    ['imap.page.test', 'starttls', 'local part', ['password']],
  );
  assert.deepEqual(found.asked, [`${own}?emailaddress=bob%40page.test`]);
  const known = 'https://page.test/.well-known/autoconfig/mail/config-v1.1.xml';
  assert.equal(
    (await ask('bob@page.test', { [known]: provider(imap('two.page.test')) })).server?.host,
    'two.page.test',
  );
  const ispdb = 'https://autoconfig.thunderbird.net/v1.1/page.test';
  const third = await ask('bob@page.test', {
    [ispdb]: provider(imap('imap.gmail.com', 'SSL', 993, '%EMAILADDRESS%', 'OAuth2')),
  });
  assert.deepEqual(
    [third.server?.profile, third.server?.signIn, third.server?.source],
    ['gmail', ['oauth2'], ispdb],
  );
  assert.ok(
    !third.asked.some((url) => url.startsWith('https://autoconfig.thunderbird') && url.includes('bob')),
  );
});

test('a description that is no description, or lies, is one source without an answer', async () => {
  const own = 'https://autoconfig.own.test/mail/config-v1.1.xml';
  for (const page of [
    'not XML at all',
    '<clientConfig/>',
    provider('<incomingServer type="pop3"><hostname>pop.own.test</hostname></incomingServer>'),
    provider(imap('imap.own.test"; rm -rf')),
    provider(imap('imap.own.test', 'SSL', 99_999)),
    provider(imap('localhost')),
    `<!DOCTYPE x [<!ENTITY a "${'b'.repeat(100)}">]>${provider(imap('&a;&a;.own.test'))}`,
    '<a>'.repeat(5_000),
  ]) {
    const { server, steps } = await ask('carol@own.test', { [own]: page });
    assert.equal(server, null, page.slice(0, 60));
    assert.equal(steps.length, 7);
    assert.notEqual(steps[1]?.result, 'found');
  }
});

test('domains that a big provider hosts are known by where their mail goes', async () => {
  const google = (await ask('alice@google.test')).server;
  assert.deepEqual([google?.host, google?.profile], ['imap.gmail.com', 'gmail']);
  const microsoft = (await ask('alice@contoso.test')).server;
  assert.deepEqual([microsoft?.host, microsoft?.profile], ['outlook.office365.com', 'microsoft365']);
});

test('Autodiscover v2 is asked for the domain, and only Exchange Online is believed', async () => {
  const url = 'https://outlook.office365.com/autodiscover/autodiscover.json/v1.0/autodiscover@own.test';
  const answer = (host: string): string =>
    JSON.stringify({ Protocol: 'ActiveSync', Url: `https://${host}/Microsoft-Server-ActiveSync` });
  const online = await ask('dave@own.test', { [url]: answer('outlook.office365.com') });
  assert.equal(online.server?.profile, 'microsoft365');
  assert.ok(
    online.asked.filter((asked) => asked.includes('office365')).every((asked) => !asked.includes('dave')),
  );
  const elsewhere = await ask('dave@own.test', { [url]: answer('mail.own.test') });
  assert.equal(elsewhere.server, null);
  assert.match(elsewhere.steps[5]?.result ?? '', /names mail\.own\.test, an Exchange server/);
});

test('without any answer the table of providers knows the big ones', async () => {
  assert.equal((await ask('x@posteo.de')).server?.host, 'posteo.de');
  const { server } = await ask('x@proton.me');
  assert.deepEqual([server?.profile, server?.port, server?.tls], ['proton-bridge', 1143, 'starttls']);
});

test('what is printed is part of a mothball.yaml that the program takes', async () => {
  for (const address of [
    'alice@srv.test',
    'bob.o"x@contoso.test',
    'x@gmail.com',
    'x@proton.me',
    'x@icloud.com',
  ]) {
    const found = await ask(address);
    assert.ok(found.server !== null);
    const yaml: { servers: object; accounts: readonly unknown[] } = parse(
      entryOf(address, found.server, found),
    );
    for (const server of Object.values(yaml.servers)) serverSchema.parse(server);
    for (const account of yaml.accounts) accountSchema.parse(account);
  }
});

test('the command prints the entry, as text and as JSON, and refuses what is no address', async () => {
  const found = await mothball(['discover', 'alice@srv.test', '--dns', names.address], { cwd: '/' });
  assert.equal(found.code, 0, found.stderr);
  assert.match(found.stdout, /srv: \{ host: imap\.srv\.test, port: 1993, tls: implicit \}/);
  assert.match(found.stdout, /\{ user: "alice@srv\.test", server: srv, passwordFile: \.\/alice\.password \}/);
  const json = await mothball(['discover', 'alice@srv.test', '--dns', names.address, '--json'], { cwd: '/' });
  assert.equal(JSON.parse(json.stdout).server.host, 'imap.srv.test');
  const wrong = await mothball(['discover', 'alice'], { cwd: '/' });
  assert.equal(wrong.code, 2);
  assert.match(wrong.stderr, /not a mail address/);
});

test('init --discover writes the configuration for what was found, and sends no password to a stranger', async (t) => {
  const directory = await mkdtemp(join(tmpdir(), 'init-'));
  t.after(() => rm(directory, { recursive: true }));
  await writeFile(join(directory, 'password'), 'secret', { mode: 0o600 });
  const init = (address: string, ...more: readonly string[]) =>
    mothball(
      [
        'init',
        'mail',
        '--discover',
        address,
        '--dns',
        names.address,
        '--password-file',
        'password',
        '--no-test',
        ...more,
      ],
      { cwd: directory },
    );
  const strange = await init('alice@stranger.test');
  assert.equal(strange.code, 2, strange.stdout);
  assert.match(
    strange.stderr,
    /imap\.elsewhere\.test is outside of stranger\.test[^]*--host imap\.elsewhere\.test/,
  );
  const noPasswords = await init('alice@contoso-srv.test');
  assert.match(noPasswords.stderr, /takes no passwords, only OAuth 2/);
  assert.deepEqual(await readdir(directory), ['password']);
  const done = await init('alice@srv.test');
  assert.equal(done.code, 0, done.stderr);
  const { servers, accounts }: { servers: object; accounts: readonly { user: string }[] } = parse(
    await readFile(join(directory, 'mail', 'mothball.yaml'), 'utf8'),
  );
  assert.deepEqual(
    Object.values(servers).map(({ host, port }) => [host, port]),
    [['imap.srv.test', 1993]],
  );
  assert.equal(accounts[0]?.user, 'alice@srv.test');
});
