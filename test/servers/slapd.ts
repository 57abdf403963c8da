import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { selfSigned } from './certificate.ts';
import { freePort } from './free-port.ts';
import { answers } from './mariadb.ts';

const run = promisify(execFile);

export interface Slapd {
  readonly url: string;
  readonly ldapsUrl: string;
  /** Of its certificate, which names localhost. */
  readonly caFile: string;
  readonly bindDn: string;
  readonly base: string;
  /** Replaces all people by these. */
  people(entries: readonly Readonly<Record<string, string>>[]): Promise<void>;
  [Symbol.asyncDispose](): Promise<void>;
}

/** OpenLDAP on loopback, which answers at most 500 entries at a time. */
export async function startSlapd(password = 'secret'): Promise<Slapd> {
  const directory = await mkdtemp(join(tmpdir(), 'slapd-'));
  const [port, tlsPort] = [await freePort(), await freePort()];
  const { cert, key } = selfSigned('localhost');
  const caFile = join(directory, 'cert.pem');
  await writeFile(caFile, cert);
  await writeFile(join(directory, 'key.pem'), key, { mode: 0o600 });
  await mkdir(join(directory, 'db'));
  const base = 'dc=example,dc=com';
  const bindDn = `cn=reader,${base}`;
  const conf = join(directory, 'slapd.conf');
  await writeFile(
    conf,
    `include /etc/ldap/schema/core.schema
include /etc/ldap/schema/cosine.schema
include /etc/ldap/schema/inetorgperson.schema
modulepath /usr/lib/ldap
moduleload back_mdb
pidfile ${directory}/pid
TLSCertificateFile ${caFile}
TLSCertificateKeyFile ${directory}/key.pem
sizelimit size.soft=500 size.hard=500 size.prtotal=unlimited
database mdb
suffix "${base}"
rootdn "cn=admin,${base}"
rootpw admin
directory ${directory}/db
maxsize 104857600
dbnosync
`,
  );
  const urls = `ldap://127.0.0.1:${port}/ ldaps://127.0.0.1:${tlsPort}/`;
  const child = spawn('/usr/sbin/slapd', ['-d', '0', '-f', conf, '-h', urls], {
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  let log = '';
  child.stderr.on('data', (data) => (log += String(data)));
  const url = `ldap://127.0.0.1:${port}`;
  const admin = ['-x', '-H', url, '-D', `cn=admin,${base}`, '-w', 'admin'];
  const add = async (ldif: string): Promise<void> => {
    const client = run('ldapadd', [...admin, '-c'], { maxBuffer: 64 * 1024 * 1024 });
    client.child.stdin?.end(ldif);
    await client;
  };
  await answers(
    child,
    () => run('ldapsearch', ['-x', '-H', url, '-s', 'base', '-b', '']),
    () => log,
  );
  await add(`dn: ${base}\nobjectClass: dcObject\nobjectClass: organization\no: x\ndc: example\n
dn: ${bindDn}\nobjectClass: organizationalRole\nobjectClass: simpleSecurityObject\ncn: reader\nuserPassword: ${password}\n\n`);
  return {
    url,
    ldapsUrl: `ldaps://localhost:${tlsPort}`,
    caFile,
    bindDn,
    base,
    async people(entries) {
      await run('ldapdelete', [...admin, '-r', `ou=people,${base}`]).catch(() => undefined);
      const all = entries.map(
        (entry, index) =>
          `dn: uid=${index},ou=people,${base}\nobjectClass: inetOrgPerson\nuid: ${index}\ncn: x\nsn: x\n${Object.entries(
            entry,
          )
            .map(([name, value]) => `${name}: ${value}\n`)
            .join('')}`,
      );
      await add([`dn: ou=people,${base}\nobjectClass: organizationalUnit\nou: people\n`, ...all].join('\n'));
    },
    [Symbol.asyncDispose]: async () => {
      child.kill('SIGKILL');
      if (child.exitCode === null && child.signalCode === null) await once(child, 'exit');
      await rm(directory, { recursive: true, force: true });
    },
  };
}
