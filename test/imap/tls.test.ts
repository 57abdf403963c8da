import assert from 'node:assert/strict';
import { createHash, X509Certificate } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { type AddressInfo, connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test, { after, before, type TestContext } from 'node:test';
import { createServer } from 'node:tls';
import type { ServerConfig } from '../../src/config/config.ts';
import { isError } from '../../src/errors.ts';
import { selfSigned } from '../servers/certificate.ts';
import { type Dovecot, startDovecot } from '../servers/dovecot.ts';
import { login } from './sessions.ts';

let dovecot: Dovecot;
before(async () => {
  dovecot = await startDovecot();
});
after(() => dovecot.stop());

function printOf(pem: string): string {
  return createHash('sha256').update(new X509Certificate(pem).raw).digest('hex');
}

interface Front {
  readonly port: number;
  readonly caFile: string;
  readonly pin: string;
  /** What came from clients after the handshake. */
  received(): string;
}

/** TLS with a certificate for this name in front of Dovecot. */
async function front(t: TestContext, name: string): Promise<Front> {
  const { cert, key } = selfSigned(name);
  let received = '';
  const server = createServer({ cert, key }, (client) => {
    const upstream = connect(dovecot.port, '127.0.0.1');
    client.on('data', (data: Buffer) => (received += data.toString('latin1')));
    client.on('error', () => upstream.destroy());
    upstream.on('error', () => client.destroy());
    client.pipe(upstream).pipe(client);
  });
  server.on('tlsClientError', () => undefined);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const dir = mkdtempSync(join(tmpdir(), 'front-'));
  const caFile = join(dir, 'ca.pem');
  writeFileSync(caFile, cert);
  t.after(async () => {
    rmSync(dir, { recursive: true });
    await new Promise((resolve) => server.close(resolve));
  });
  // An AddressInfo, since it listens on a port.
  const { port } = server.address() as AddressInfo;
  return { port, caFile, pin: printOf(cert), received: () => received };
}

async function opens(port: number, changes: Partial<ServerConfig>): Promise<boolean> {
  await using session = await login(port, 'bob', { tls: 'implicit', ...changes });
  return (await session.examine('INBOX')).messages === 0;
}

test('a self-signed certificate is trusted by its fingerprint alone, by implicit TLS and STARTTLS', async () => {
  const pin = printOf(readFileSync(dovecot.caFile, 'utf8'));
  const other = 'a'.repeat(64);
  assert.ok(await opens(dovecot.tlsPort, { fingerprints: [pin] }));
  assert.ok(await opens(dovecot.port, { tls: 'starttls', fingerprints: [other, pin] }));
});

test('another certificate than the pinned one gets no login and no command, and its fingerprint is shown', async (t) => {
  const server = await front(t, 'mail.example.com');
  const wrong = 'b'.repeat(64);
  // Neither the right name nor a trusted issuer stands in for the pin.
  for (const changes of [{}, { servername: 'mail.example.com' }]) {
    await assert.rejects(
      opens(server.port, { fingerprints: [wrong], connectAttempts: 3, ...changes }),
      (error) => {
        assert.ok(isError(error, 'refused'));
        assert.ok(error.message.includes(server.pin), error.message);
        return true;
      },
    );
  }
  assert.equal(server.received(), '');
  const pin = printOf(readFileSync(dovecot.caFile, 'utf8'));
  await assert.rejects(opens(dovecot.port, { tls: 'starttls', fingerprints: [wrong] }), new RegExp(pin));
});

test('a certificate for another name is accepted under that name alone, and only from a trusted issuer', async (t) => {
  const server = await front(t, 'mail.example.com');
  const { caFile } = server;
  await assert.rejects(
    opens(server.port, { caFile }),
    /certificate is not trusted \(ERR_TLS_CERT_ALTNAME_INVALID/,
  );
  await assert.rejects(
    opens(server.port, { caFile, servername: 'imap.example.com' }),
    /ERR_TLS_CERT_ALTNAME_INVALID/,
  );
  await assert.rejects(
    opens(server.port, { servername: 'mail.example.com' }),
    /tls\.servername, or tls\.fingerprint/,
  );
  assert.equal(server.received(), '');
  assert.ok(await opens(server.port, { caFile, servername: 'mail.example.com' }));
});

test('the name of the certificate may be an address', async () => {
  const { caFile } = dovecot;
  assert.ok(await opens(dovecot.tlsPort, { caFile, host: 'localhost', servername: '127.0.0.1' }));
  await assert.rejects(opens(dovecot.tlsPort, { caFile, servername: '127.0.0.3' }), /ALTNAME/);
  assert.ok(await opens(dovecot.port, { caFile, tls: 'starttls', servername: 'localhost' }));
});
