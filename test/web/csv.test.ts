/** Lists of the page as files for spreadsheets. */
import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import test, { type TestContext } from 'node:test';
import { bytes } from '../../src/domain/brands.ts';
import type { RunResult } from '../../src/domain/run-result.ts';
import { digest, manifest, numbered, reportText } from '../contract/catalog-samples.ts';
import { bearer, openSite, type TestSite, token, withTokens } from './page-server.ts';

const people = ['ada@one.example', 'bob@one.example', 'cy@two.example'];

function site(t: TestContext): Promise<TestSite> {
  return openSite(t, withTokens, '127.0.0.1', (dir) => {
    const policy = { match: { olderThan: '2y' }, archive: { to: 'local' } };
    const policies = [
      { name: 'old', ...policy },
      { name: 'some', ...policy, accounts: ['ada@*'] },
    ];
    writeFileSync(join(dir, 'policies.json'), JSON.stringify({ version: 1, policies }));
    return {
      policies: ['policies.json'],
      accounts: people.map((user) => ({ user, server: 'main', passwordFile: './password' })),
      stores: { local: { type: 'local', path: './store' } },
    };
  });
}

async function linesOf(open: TestSite, path: string): Promise<readonly string[]> {
  const response = await open.get(path, bearer(token));
  const body = await response.text();
  assert.equal(response.status, 200, body);
  assert.equal(response.headers.get('content-type'), 'text/csv; charset=utf-8');
  assert.match(response.headers.get('content-disposition') ?? '', /^attachment; filename="\w+\.csv"$/);
  return body.trimEnd().split('\r\n');
}

async function run(open: TestSite, account: string, result: RunResult, messages: number): Promise<void> {
  const id = `${crypto.randomUUID()}/main/${account}/old`;
  const started = new Date();
  const ref = { server: 'main', account, policy: 'old' };
  await open.app.catalog.startRun({ ...ref, id, started, finished: null, result: null, report: null });
  const done = { messages, bytes: messages * 1000 };
  const errors = result === 'failed' ? ['no answer, "none" at all'] : [];
  const report = reportText({ archived: done, deleted: done, errors });
  await open.app.catalog.finishRun(id, new Date(), result, report);
}

test('the runs are a file of one line for each, with the filter of the page and the reason of a failure', async (t) => {
  const open = await site(t);
  const [ada = '', bob = '', cy = ''] = people;
  await run(open, ada, 'success', 3);
  await run(open, bob, 'failed', 0);
  await run(open, cy, 'success', 0);
  const [titles, ...lines] = await linesOf(open, '/runs.csv');
  assert.match(titles ?? '', /^run,policy,server,account,started,finished,result,archived_messages,/);
  assert.equal(lines.length, 2, 'what did nothing is left out, as on the page');
  assert.match(lines.join('\n'), /,old,main,ada@one\.example,[^,]+Z,[^,]+Z,success,3,3000,3,3000,$/m);
  assert.match(lines.join('\n'), /bob@one\.example,.*,failed,0,0,0,0,"no answer, ""none"" at all"$/m);
  assert.equal((await linesOf(open, '/runs.csv?idle=show')).length, 4);
  assert.equal((await linesOf(open, '/runs.csv?result=failed')).length, 2);
  assert.equal((await linesOf(open, '/runs.csv?account=*@two.example&idle=show')).length, 2);
  assert.equal((await open.get('/runs.csv')).status, 401);
  assert.equal((await open.get('/runs.csv?order=x', bearer(token))).status, 400);
  const page = await (await open.get('/runs?policy=old', bearer(token))).text();
  assert.match(page, /href="\/runs\.csv\?policy=old"/);
});

test('the archives are a file with their sizes, states and reasons; names that look like formulas are text', async (t) => {
  const open = await site(t);
  const good = manifest(numbered(1, 2), { id: digest('good'), folder: '=1+1' });
  const bad = manifest(numbered(3, 4), { id: digest('bad') });
  for (const one of [good, bad]) await open.app.catalog.addArchive(one, `${one.head.id}.json`, null);
  await open.app.catalog.setArchiveState(bad.head.id, 'quarantined', 'it differs');
  const [titles, ...lines] = await linesOf(open, '/archives.csv');
  assert.match(titles ?? '', /^id,server,account,folder,policy,store,object,messages,bytes,stored_bytes,/);
  assert.equal(lines.length, 2);
  assert.match(lines.join('\n'), new RegExp(`^${good.head.id},main,[^,]+,'=1\\+1,.*,sealed,$`, 'm'));
  assert.deepEqual(
    (await linesOf(open, '/archives.csv?state=quarantined')).slice(1).map((line) => line.split(',').at(-1)),
    ['it differs'],
  );
  assert.equal((await open.get('/archives.csv')).status, 401);
  const page = await (await open.get('/archives?state=sealed', bearer(token))).text();
  assert.match(page, /href="\/archives\.csv\?state=sealed">All of these as CSV/);
});

test('accounts are summed up by domain or server, each line leading to its accounts, also as a file', async (t) => {
  const open = await site(t);
  const mib = 1024 * 1024;
  for (const [index, account] of people.entries()) {
    const ref = { server: 'main', account, at: new Date() };
    const usage = { usedBytes: bytes((index + 7) * 10 * mib), limitBytes: bytes(100 * mib) };
    const root = { ...ref, root: '', ...usage, usedMessages: null, limitMessages: null };
    await open.app.catalog.addScan({ ...ref, error: null }, [root], null);
  }
  const page = (await (await open.get('/accounts?by=domain', bearer(token))).text()).replaceAll(/\s+/g, ' ');
  assert.match(page, /3 accounts in 2 domains, the fullest first/);
  const plain = page.replaceAll(/<[^>]+>/g, ' ').replaceAll(/\s+/g, ' ');
  assert.match(plain, /two\.example 1 90\.0 MiB 100\.0 MiB 1 0 cy@two\.example 90\.0 % old one\.example 2/);
  assert.match(plain, /one\.example 2 150\.0 MiB 200\.0 MiB 0 0 bob@one\.example 80\.0 % old , some \(1\)/);
  assert.match(page, /href="\/accounts\?domain=one\.example"/);
  const [titles, ...lines] = await linesOf(open, '/accounts.csv?by=domain');
  assert.equal(titles, 'domain,accounts,usedBytes,limitBytes,over80,over90,fullest,percent,policies');
  assert.deepEqual(lines, [
    `two.example,1,${90 * mib},${100 * mib},1,0,cy@two.example,90,old`,
    `one.example,2,${150 * mib},${200 * mib},0,0,bob@one.example,80,old some`,
  ]);
  assert.equal((await linesOf(open, '/accounts.csv?domain=One.example')).length, 3);
  assert.equal((await linesOf(open, '/accounts.csv?by=server')).length, 2);
  assert.equal((await linesOf(open, '/accounts.csv?policy=some')).length, 2);
  assert.equal((await linesOf(open, '/accounts.csv?policy=none')).length, 1);
  assert.equal((await open.get('/accounts?by=folder', bearer(token))).status, 400);
});
