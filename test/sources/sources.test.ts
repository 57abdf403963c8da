/** Each kind of source with 5,000 accounts: additions, removals, a half list, a source that is down, a bad row. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { chmod, mkdir, mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import test from 'node:test';
import { startDovecot } from '../servers/dovecot.ts';
import { freePort } from '../servers/free-port.ts';
import { startMariaDb } from '../servers/mariadb.ts';
import { startPostgres } from '../servers/postgres.ts';
import { startSlapd } from '../servers/slapd.ts';
import { listen, portOf } from './http.ts';
import { fullLife, refresh, siteWith } from './life.ts';

test('CSV', (t) =>
  fullLife(t, ({ dir }) => ({
    config: { type: 'csv', path: './people.csv', columns: { user: 'E-Mail' } },
    fill: (users, bad) =>
      writeFile(
        join(dir, 'people.csv'),
        `\uFEFFE-Mail;Name\r\n${users.map((user) => `${user};"One; two"\r\n`).join('')}${bad ? ';nobody\r\n' : ''}`,
      ),
    down: () => rm(join(dir, 'people.csv')),
  })));

test('YAML', (t) =>
  fullLife(t, ({ dir }) => ({
    config: { type: 'yaml', path: './people.yaml' },
    fill: (users, bad) =>
      writeFile(
        join(dir, 'people.yaml'),
        users.map((user, index) => (index % 2 ? `- ${user}\n` : `- { user: ${user} }\n`)).join('') +
          (bad ? '- { name: x }\n' : ''),
      ),
    down: () => writeFile(join(dir, 'people.yaml'), '{ not: a list }'),
  })));

test('a directory of secrets, whose files hold the passwords', (t) =>
  fullLife(t, ({ dir }) => {
    const path = join(dir, 'secrets');
    return {
      config: { type: 'directory', path: './secrets', columns: { user: '{user}@example.com' } },
      fill: async (users, bad) => {
        await rm(path, { recursive: true, force: true });
        await mkdir(join(path, '..data'), { recursive: true });
        for (const user of users)
          await writeFile(join(path, user.replace('@example.com', '')), 'secret', { mode: 0o600 });
        if (bad) await writeFile(join(path, 'line\nbreak'), 'secret', { mode: 0o600 });
      },
      down: () => rm(path, { recursive: true }),
      bad: /can't be shown/,
    };
  }));

const insert = (users: readonly string[], bad: boolean): string =>
  `DELETE FROM people; INSERT INTO people VALUES ${[...users.map((user) => `('${user}')`), ...(bad ? ["('')"] : [])].join(', ')};`;

test('SQLite', (t) =>
  fullLife(t, ({ dir }) => {
    const database = new DatabaseSync(join(dir, 'people.db'));
    t.after(() => database.close());
    database.exec('CREATE TABLE people (mail TEXT)');
    return {
      config: { type: 'sql', url: 'sqlite:./people.db', query: 'SELECT mail AS user FROM people' },
      fill: async (users, bad) => database.exec(insert(users, bad)),
      down: async () => database.exec('DROP TABLE people'),
    };
  }));

test('PostgreSQL', (t) =>
  fullLife(t, async () => {
    const postgres = await startPostgres();
    t.after(() => postgres[Symbol.asyncDispose]());
    await postgres.database('mail');
    await postgres.sql('mail', 'CREATE TABLE people (mail TEXT)');
    return {
      config: {
        type: 'sql',
        url: `postgres://${postgres.user}@localhost:${postgres.port}/mail?host=${encodeURIComponent(postgres.directory)}`,
        query: 'SELECT mail AS "user" FROM people',
        passwordFile: './password',
      },
      fill: async (users, bad) => void (await postgres.sql('mail', insert(users, bad))),
      down: () => postgres.stop(),
    };
  }));

test('MariaDB', (t) =>
  fullLife(t, async () => {
    const maria = await startMariaDb();
    t.after(() => maria[Symbol.asyncDispose]());
    await maria.sql('CREATE TABLE mail.people (mail VARCHAR(255))');
    return {
      config: {
        type: 'sql',
        url: `mysql://mothball@localhost/mail?socket=${encodeURIComponent(maria.socket)}`,
        query: 'SELECT mail AS user FROM people',
        passwordFile: './password',
      },
      fill: (users, bad) => maria.sql(`USE mail; ${insert(users, bad)}`),
      down: () => maria[Symbol.asyncDispose](),
    };
  }));

test('LDAP, in pages, over LDAPS', (t) =>
  fullLife(t, async () => {
    const slapd = await startSlapd();
    t.after(() => slapd[Symbol.asyncDispose]());
    return {
      config: {
        type: 'ldap',
        url: slapd.ldapsUrl,
        caFile: slapd.caFile,
        bindDn: slapd.bindDn,
        passwordFile: './password',
        base: slapd.base,
        search: '(objectClass=inetOrgPerson)',
        // The directory answers `mail`: names of attributes are the same in any case.
        columns: { user: 'MAIL' },
      },
      fill: (users, bad) =>
        slapd.people([...users.map((mail) => ({ mail })), ...(bad ? [{ title: 'x' }] : [])]),
      down: () => slapd[Symbol.asyncDispose](),
    };
  }));

test('JSON over HTTP, in pages, with a token', (t) =>
  fullLife(t, async () => {
    let rows: readonly object[] = [];
    const server = await listen((request) => {
      if (request.headers.authorization !== 'Bearer secret') return { status: 401, body: '' };
      const offset = Number(new URL(request.url ?? '', 'http://x').searchParams.get('offset') ?? 0);
      const next = offset + 1_000 < rows.length ? `/people?offset=${offset + 1_000}` : null;
      return {
        status: 200,
        body: JSON.stringify({ data: { people: rows.slice(offset, offset + 1_000), next } }),
      };
    });
    t.after(() => server.close());
    return {
      config: {
        type: 'http',
        url: `http://127.0.0.1:${portOf(server)}/people`,
        items: 'data.people',
        next: 'data.next',
        tokenFile: './password',
        columns: { user: 'mail' },
      },
      fill: async (users, bad) => {
        rows = [...users.map((mail) => ({ mail })), ...(bad ? [{}] : [])];
      },
      down: async () => {
        server.closeAllConnections();
        server.close();
        await once(server, 'close');
      },
    };
  }));

test('a next page on another host is not asked: the token would go along', async (t) => {
  const server = await listen(() => ({
    status: 200,
    body: '[]',
    link: '<http://127.0.0.2:1/evil>; rel="next"',
  }));
  t.after(() => server.close());
  const site = await siteWith(t, {
    type: 'http',
    url: `http://127.0.0.1:${portOf(server)}/`,
    tokenFile: './password',
  });
  assert.match((await refresh(site, 1)).refused ?? '', /on another host/);
});

test("Dovecot's doveadm lists the users of its userdb over HTTP", async (t) => {
  const port = await freePort();
  const dir = await mkdtemp(join(tmpdir(), 'users-'));
  t.after(() => rm(dir, { recursive: true }));
  await chmod(dir, 0o755);
  const file = join(dir, 'users');
  await writeFile(
    file,
    ['amy@example.com', 'bob@example.com', 'eve@closed.test'].map((user) => `${user}:::::::\n`).join(''),
  );
  const dovecot = await startDovecot({
    extraConfig: `doveadm_password = secret
service doveadm {
  inet_listener http {
    port = ${port}
  }
}
userdb {
  driver = passwd-file
  args = ${file}
}`,
  });
  t.after(() => dovecot.stop());
  const site = await siteWith(t, {
    type: 'doveadm',
    url: `http://127.0.0.1:${port}/doveadm/v1`,
    passwordFile: './password',
    mask: '*@example.com',
  });
  assert.deepEqual((await refresh(site, 0)).added, ['amy@example.com', 'bob@example.com']);
});

test('holds and ages of a list keep mail, and no secret is in it', async (t) => {
  const site = await siteWith(t, { type: 'csv', path: './people.csv' });
  await writeFile(
    join(site.dir, 'people.csv'),
    'user,hold,keepNewerThan,quota\na*b@example.com,yes,,\nlong@example.com,,5y,2GiB\nodd@example.com,,soon,\nplain@example.com,,,\nshort@example.com\n',
  );
  const { problems } = await refresh(site, 0);
  assert.match(problems[0]?.reason ?? '', /^short@example\.com: it has 1 field, and the first line has 4/);
  const first = await site.json<{ readonly holds: readonly { readonly name: string }[] }>(['holds']);
  assert.deepEqual(
    first.holds.map(({ name }) => name),
    ['a*b', 'long', 'odd', 'short'].map((name) => `staff: ${name}@example.com`),
  );
  // An account that mothball.yaml lists too is held all the same.
  await site.configure({
    accounts: [{ user: 'a*b@example.com', server: 'main', passwordFile: './password' }],
    extra: { accountSources: { staff: { type: 'csv', path: './people.csv' } } },
  });
  const both = await site.json<typeof first>(['holds']);
  assert.deepEqual(both.holds, first.holds);
  const list = join(site.dir, 'account-lists', 'staff.json');
  assert.equal((await stat(list)).mode & 0o777, 0o600);
  assert.doesNotMatch(await readFile(list, 'utf8'), /secret/);
});

test('a MySQL server whose certificate would have to bear an address is refused', async (t) => {
  const url = 'mysql://mail@127.0.0.1:1/mail';
  const site = await siteWith(t, {
    type: 'sql',
    url,
    caFile: './ca.pem',
    query: 'SELECT 1',
    passwordFile: './password',
  });
  await writeFile(join(site.dir, 'ca.pem'), 'none');
  const { refused } = await refresh(site, 1);
  assert.match(
    refused ?? '',
    /certificate of 127\.0\.0\.1 can't be compared with an address.*Write the server's name/,
  );
});
