/** The API of a running daemon: its answers against its own OpenAPI document, and against `--json`. */
import assert from 'node:assert/strict';
import { rename } from 'node:fs/promises';
import { DatabaseSync } from 'node:sqlite';
import test, { after, before } from 'node:test';
import { Ajv2020, type ValidateFunction } from 'ajv/dist/2020.js';
import { type Answer, ask, type Fleet, mailToken, startFleet, token, users } from './fleet.ts';
import { scripted } from './hostile.ts';

let fleet: Fleet;
let api: Answer;

before(async () => {
  fleet = await startFleet();
  api = await ask(fleet.url, '/api/v1/openapi.json', token);
});

after(() => fleet.stop());

const get = (path: string, bearer = token): Promise<Answer> => ask(fleet.url, `/api/v1${path}`, bearer);

/** The shape that the document promises for a path, as a check. */
function promised(path: string): ValidateFunction {
  const ajv = new Ajv2020({ strict: true, allErrors: true, formats: { 'date-time': true }, keywords: [] });
  return ajv.compile(api.paths[path].get.responses['200'].content['application/json'].schema);
}

function assertKept(path: string, answer: unknown): void {
  const check = promised(path);
  assert.ok(check(answer), `${path}: ${JSON.stringify(check.errors, null, 1)}\n${JSON.stringify(answer)}`);
}

async function firstMessage(): Promise<{ readonly id: string; readonly archive: string }> {
  return (await get('/search?q=hostile', mailToken)).messages[0];
}

test('every path of the OpenAPI document answers as it promises', async () => {
  const [{ id: run }] = (await get('/runs')).runs;
  const { id, archive } = await firstMessage();
  const [, line] = id.split('/');
  const asked: Readonly<Record<string, string>> = {
    '/status': '/status',
    '/quota': '/quota',
    '/stores': '/stores',
    '/plans': '/plans',
    '/policies': '/policies',
    '/runs': '/runs',
    '/runs/{id}': `/runs/${encodeURIComponent(run)}`,
    '/archives': '/archives',
    '/archives/{id}': `/archives/${archive.slice(0, 12)}`,
    '/search': '/search?q=attic&limit=3',
    '/messages/{archive}/{line}': `/messages/${archive}/${line}`,
  };
  assert.deepEqual(
    Object.keys(api.paths).toSorted(),
    [...Object.keys(asked), '/messages/{archive}/{line}/raw'].toSorted(),
  );
  for (const [path, url] of Object.entries(asked)) assertKept(path, await get(url, mailToken));
});

test('a shape that lacks a field, or has one more, would be noticed', async () => {
  const { runs, ...answer } = await get('/runs');
  const check = promised('/runs');
  assert.equal(check({ ...answer, runs }), true);
  assert.equal(check(answer), false);
  assert.equal(check({ ...answer, runs, more: 1 }), false);
  assert.equal(check({ ...answer, runs: runs.map(({ policy: _policy, ...rest }: Answer) => rest) }), false);
});

test('the document names itself, its tokens, and every parameter with a description', () => {
  assert.equal(api.openapi, '3.1.0');
  assert.deepEqual(Object.keys(api.components.securitySchemes), ['bearer', 'basic']);
  for (const [path, { get: operation }] of Object.entries<Answer>(api.paths)) {
    const inPath = operation.parameters
      .filter((one: Answer) => one.in === 'path')
      .map((one: Answer) => `{${one.name}}`);
    for (const name of inPath) assert.ok(path.includes(name), path);
    for (const one of operation.parameters)
      if (one.in === 'query') assert.match(one.description, /\w+/, `${path} ${one.name}`);
  }
});

test('archives, messages and accounts are the objects that --json prints', async () => {
  const { archives } = await fleet.site.json<Answer>(['archives']);
  const newest = (list: readonly Answer[]): readonly Answer[] =>
    list.toSorted((a, b) => (a.id < b.id ? -1 : 1));
  assert.deepEqual(newest((await get('/archives')).archives), newest(archives));
  const { messages } = await fleet.site.json<Answer>(['search', 'attic', '--limit', '5']);
  assert.deepEqual((await get('/search?q=attic&limit=5', mailToken)).messages, messages);
  const [{ id }] = messages;
  const shown = await fleet.site.json<Answer>(['show', id, '--headers']);
  assert.deepEqual(await get(`/messages/${id}`, mailToken), shown);
  const { accounts } = await fleet.site.json<Answer>(['quota']);
  const named = (list: readonly Answer[]): unknown => list.map(({ account, roots }) => ({ account, roots }));
  assert.deepEqual(named((await get('/quota')).accounts), named(accounts));
});

test('lists are filtered and given in parts', async () => {
  const all = await get('/search?q=letter&limit=500', mailToken);
  assert.deepEqual([all.messages.length, all.more], [60, false]);
  const first = await get('/search?q=letter&limit=40', mailToken);
  const rest = await get('/search?q=letter&limit=40&offset=40', mailToken);
  assert.deepEqual([first.more, rest.more], [true, false]);
  assert.deepEqual([...first.messages, ...rest.messages], all.messages);
  const bob = await get('/archives?account=bob@*');
  assert.deepEqual([bob.total, bob.archives[0].policy], [1, 'keep-a-week']);
  assert.equal((await get('/archives?account=nobody@*')).total, 0);
  assert.equal((await get('/runs?policy=archive-old&result=success')).total, 2);
  assert.equal((await get('/runs?result=failed')).total, 0);
  assert.equal((await get('/runs?limit=1')).runs.length, 1);
});

test('what can not be read is a 400 or 404 that says why, in the shape of an error', async () => {
  const ajv = new Ajv2020();
  const isError = ajv.compile(api.components.schemas.Error);
  for (const [path, status, message] of [
    ['/runs?limit=0', 400, /limit/],
    ['/runs?limit=1e9', 400, /limit/],
    ['/runs?nonsense=1', 400, /unknown parameter/],
    ['/archives?state=odd', 400, /state/],
    ['/archives/zz', 400, /not an archive ID/],
    ['/archives/00000000', 404, /no archive/],
    ['/runs/none', 404, /no run/],
    ['/search?q=colour:red', 400, /unknown field/],
    ['/nothing', 404, /not found/],
  ] as const) {
    const response = await fetch(`${fleet.url}/api/v1${path}`, {
      headers: { authorization: `Bearer ${mailToken}` },
    });
    const answer: Answer = await response.json();
    assert.equal(response.status, status, path);
    assert.equal(isError(answer), true, path);
    assert.match(answer.error.message, message);
  }
});

test('the raw message is what was on the server, byte for byte, and can not be shown as a page', async () => {
  const { id } = await firstMessage();
  for (const path of [`/api/v1/messages/${id}/raw`, `/messages/${id}/download`]) {
    const response = await fetch(fleet.url + path, { headers: { authorization: `Bearer ${mailToken}` } });
    assert.deepEqual(Buffer.from(await response.arrayBuffer()), scripted.raw);
    assert.equal(response.headers.get('content-type'), 'message/rfc822');
    assert.match(
      response.headers.get('content-disposition') ?? '',
      /^attachment; filename="[0-9a-f]{12}-\d+\.eml"$/,
    );
    assert.equal(response.headers.get('x-content-type-options'), 'nosniff');
    assert.equal(response.headers.get('cache-control'), 'no-store');
    assert.match(response.headers.get('content-security-policy') ?? '', /sandbox/);
  }
});

test('every search, look and download is in the audit, with who, what and which messages', async () => {
  using database = new DatabaseSync(fleet.site.database);
  const entries = (): readonly Answer[] =>
    database.prepare('SELECT who, action, account, detail FROM audit ORDER BY at').all();
  const known = entries().length;
  const { messages } = await get('/search?q=from:eve%20attachment', mailToken);
  const [{ id }] = messages;
  await get(`/messages/${id}`, mailToken);
  await fetch(`${fleet.url}/messages/${id}/download`, { headers: { authorization: `Bearer ${mailToken}` } });
  await fetch(`${fleet.url}/search?q=from:eve`, { headers: { authorization: `Bearer ${token}` } });
  const [archive, line] = id.split('/');
  const who = 'mail token from 127.0.0.1';
  assert.deepEqual(
    entries()
      .slice(known)
      .map((entry) => ({ ...entry })),
    [
      {
        who,
        action: 'search',
        account: null,
        detail: `from:eve attachment: 1 found: ${archive.slice(0, 12)}/${line}`,
      },
      { who, action: 'show', account: users[0], detail: id },
      { who, action: 'download', account: users[0], detail: id },
    ],
  );
});

test('mail whose store is gone is told as such, and comes back with the store', async () => {
  const { id } = await firstMessage();
  const seen = async (path: string): Promise<Response> =>
    fetch(fleet.url + path, { headers: { authorization: `Bearer ${mailToken}` } });
  await rename(fleet.site.archiveDir, `${fleet.site.archiveDir}.away`);
  try {
    for (const path of [`/messages/${id}/download`, `/api/v1/messages/${id}/raw`])
      assert.equal((await seen(path)).status, 502, path);
    const page = await seen(`/messages/${id}`);
    assert.equal(page.status, 200);
    assert.match(await page.text(), /role="alert"[^]*can&#39;t be read back from store &quot;local&quot;/);
  } finally {
    await rename(`${fleet.site.archiveDir}.away`, fleet.site.archiveDir);
  }
  assert.equal((await seen(`/messages/${id}/download`)).status, 200);
});
