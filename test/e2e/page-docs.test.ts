import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import test from 'node:test';
import { parse } from 'yaml';
import { endpoints } from '../../src/web/api/routes.ts';
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
