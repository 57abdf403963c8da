import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import test from 'node:test';
import { parse } from 'yaml';
import { endpoints } from '../../src/web/api/routes.ts';
import { directoryWith } from '../config/files.ts';
import { mothball } from '../integration/mothball.ts';
import { bearer, openSite } from '../web/page-server.ts';
import { block } from './readme.ts';

test('the tokens and the http part of docs/page.md open the page and the search', async (t) => {
  const { http } = parse(block('docs/page.md', 'page'));
  const shell = (cwd: string): void =>
    void execFileSync('bash', ['-ec', block('docs/page.md', 'tokens')], { cwd });
  const { dir, get } = await openSite(t, http, '127.0.0.1', shell);
  const token = readFileSync(`${dir}/page.token`, 'utf8').trim();
  const mailToken = readFileSync(`${dir}/mail.token`, 'utf8').trim();
  assert.match(token, /^[0-9a-f]{64}$/);
  assert.equal((await get('/')).status, 401);
  assert.equal((await get('/', bearer(token))).status, 200);
  assert.equal((await get('/search?q=x', bearer(token))).status, 403);
  assert.equal((await get('/search?q=x', bearer(mailToken))).status, 200);
});

test('docs/api.md lists exactly the calls that there are', () => {
  const text = readFileSync(new URL('../../docs/api.md', import.meta.url), 'utf8');
  const listed = [...text.matchAll(/^\| `(\/[^`]*)` /gm)].map(([, path]) => path);
  assert.deepEqual(listed, [...endpoints.map(({ path }) => path), '/messages/{archive}/{line}/raw']);
});

test('the listeners of docs/page.md are a valid configuration', async (t) => {
  const directory = await directoryWith(t, {
    'mothball.yaml': `version: 1
servers: { main: { host: imap.example.com } }
accounts: [{ user: ada@example.com, server: main, passwordEnv: PASSWORD }]
${block('docs/page.md', 'listeners')}`,
  });
  certificate(directory);
  await writeFile(join(directory, 'metrics.token'), 'a token that is long enough to be one', { mode: 0o600 });
  const { code, stderr } = await mothball(['validate'], { cwd: directory, env: { PASSWORD: 'x' } });
  assert.equal(code, 0, stderr);
});

test('the owners part of docs/page.md is a valid configuration', async (t) => {
  const directory = await directoryWith(t, {
    'mothball.yaml': `version: 1
servers: { main: { host: imap.example.com } }
accounts: [{ user: ada@example.com, server: main, passwordEnv: PASSWORD }]
${block('docs/page.md', 'owners')}`,
    'page.token': 'a token that is long enough to be one',
  });
  certificate(directory);
  const { code, stderr } = await mothball(['validate'], { cwd: directory, env: { PASSWORD: 'x' } });
  assert.equal(code, 0, stderr);
});

test('the restores of docs/page.md are a valid configuration', async (t) => {
  const directory = await directoryWith(t, {
    'mothball.yaml': `version: 1
servers: { main: { host: imap.example.com } }
accounts: [{ user: ada@example.com, server: main, passwordEnv: PASSWORD }]
${block('docs/page.md', 'restores')}`,
    'page.token': 'a token that is long enough to be one',
    'restore.token': 'another token that is long enough to be one',
  });
  const { code, stderr } = await mothball(['validate'], { cwd: directory, env: { PASSWORD: 'x' } });
  assert.equal(code, 0, stderr);
});

function certificate(cwd: string): void {
  const subject = ['-subj', '/CN=mothball.example.com', '-keyout', 'page.key', '-out', 'page.pem'];
  execFileSync('openssl', ['req', '-x509', '-newkey', 'rsa:2048', '-nodes', ...subject], {
    cwd,
    stdio: 'ignore',
  });
}
