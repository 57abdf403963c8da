/** The page of one account, and what a policy does otherwise for it. */
import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import test, { type TestContext } from 'node:test';
import { policyFor } from '../../src/domain/override.ts';
import { alice, digest, manifest, numbered, reportText } from '../contract/catalog-samples.ts';
import { bearer, openSite, type TestSite, token, withTokens } from './page-server.ts';

const path = `/accounts/main/${encodeURIComponent(alice.account)}`;

async function site(t: TestContext): Promise<TestSite> {
  return openSite(t, withTokens, '127.0.0.1', (dir) => {
    const look = {
      name: 'look',
      match: { olderThan: '2y' },
      archive: { to: 'local' },
      overrides: [{ accounts: [alice.account], match: { olderThan: '5y' }, retain: 'forever' }],
    };
    const act = { ...look, name: 'act', mode: 'enforce', schedule: '0 3 * * *', overrides: undefined };
    const holds = [
      { name: 'case-1', accounts: [alice.account], match: { from: '*@rival.example' } },
      { name: 'everything', accounts: [alice.account] },
      { name: 'other', accounts: ['nobody@*'] },
    ];
    writeFileSync(
      join(dir, 'policies.json'),
      JSON.stringify({ version: 1, policies: [{ ...look, retain: '9y' }, act], holds }),
    );
    return { stores: { local: { type: 'local', path: './store' } }, policies: ['policies.json'] };
  });
}

async function plain(open: TestSite, address: string): Promise<string> {
  const response = await open.get(address, bearer(token));
  assert.equal(response.status, 200, address);
  return (await response.text()).replaceAll(/<[^>]+>/g, ' ').replaceAll(/\s+/g, ' ');
}

test('an account shows its archives, its holds and when each policy runs next', async (t) => {
  const open = await site(t);
  assert.match(
    await plain(open, path),
    /Archived nothing Holds case-1: from: \*@rival\.example everything: every message Runs/,
  );
  const one = manifest(numbered(1, 3), { id: digest('one') });
  await open.app.catalog.addArchive(one, 'one.json', null);
  const page = await plain(open, path);
  assert.match(page, /Archived 1 archive of 3 messages, [\d.]+ \w+; stored 4\.9 KiB/);
  assert.match(page, /act enforce \d{4}-\d\d-\d\d 03:00 never/);
  assert.match(page, /look plan only mail .* for good plan mode never/);
  assert.doesNotMatch(page, /other/);
});

test('an account shows the last runs that did something, and none that did not', async (t) => {
  const open = await site(t);
  const run = async (messages: number, policy: string): Promise<void> => {
    const id = `${crypto.randomUUID()}/main/${alice.account}/${policy}`;
    const ref = { ...alice, policy, id, started: new Date() };
    await open.app.catalog.startRun({ ...ref, finished: null, result: null, report: null });
    const done = { messages, bytes: messages * 1024 };
    await open.app.catalog.finishRun(id, new Date(), 'success', reportText({ archived: done }));
  };
  assert.doesNotMatch(await plain(open, path), /last runs that/);
  await run(0, 'act');
  assert.doesNotMatch(await plain(open, path), /last runs that/);
  for (let index = 1; index <= 7; index += 1) await run(index, 'act');
  const page = await plain(open, path);
  assert.match(page, /The last runs that archived or deleted something .* act success 7 \(7\.0 KiB\)/);
  assert.equal(page.match(/act success \d \(/g)?.length, 5);
});

test('an override is named with what it changes, on the account and on its policy', async (t) => {
  const open = await site(t);
  const words = /only mail that is also older than 5y; keeps archives for good/;
  assert.match(await plain(open, path), new RegExp(`look plan ${words.source} plan mode`));
  assert.match(
    await plain(open, '/policies'),
    new RegExp(`Overrides ${alice.account.replace('.', String.raw`\.`)}: ${words.source} Does`),
  );
});

test('a stored plan of an account with an override is not taken for one of another policy', async (t) => {
  const open = await site(t);
  const { catalog, config } = open.app;
  const [look] = config.policies;
  const hash = policyFor(look ?? assert.fail(), alice.account).hash;
  const made = { messages: 1, bytes: 1024, idle: null };
  await catalog.storePlan({ ...alice, policy: 'look', hash, at: new Date(), made });
  for (const address of ['/policies', path])
    assert.doesNotMatch(await plain(open, address), /has changed since/);
  await catalog.storePlan({ ...alice, policy: 'look', hash: look?.hash ?? '', at: new Date(), made });
  assert.match(await plain(open, path), /has changed since/, 'it was made without the override');
});
