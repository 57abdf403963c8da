/** From the page of an archive to its messages. */
import assert from 'node:assert/strict';
import test from 'node:test';
import { bob, digest, manifest, message } from '../contract/catalog-samples.ts';
import { bearer, mailToken, openSite, token, withTokens } from './page-server.ts';

test('the page of an archive leads to a list of its messages, behind the mail token, and to no others', async (t) => {
  const { app, get, reload } = await openSite(t, withTokens);
  const one = manifest([message(1, { subject: 'In this one' })]);
  const other = manifest([message(2, { subject: 'In another' })], { ...bob, id: digest('other') });
  await app.catalog.addArchive(one, 'a.json', null);
  await app.catalog.addArchive(other, 'b.json', null);
  const path = `/search?archive=${one.head.id}`;
  const page = await (await get(`/archives/${one.head.id}`, bearer(token))).text();
  assert.ok(page.includes(`href="${path}"`), page);
  assert.equal((await get(path, bearer(token))).status, 403);
  const list = await (await get(path, bearer(mailToken))).text();
  assert.match(list, /In this one/);
  assert.doesNotMatch(list, /In another/);
  const { rows } = await app.catalog.auditPage({ action: 'search' }, { limit: 2, offset: 0 });
  assert.match(rows[0]?.detail ?? '', new RegExp(`^archive ${one.head.id} : 1 found: `));
  for (const archive of ['x', one.head.id.slice(0, 12), `${one.head.id}'`])
    assert.equal((await get(`/search?archive=${archive}`, bearer(mailToken))).status, 400);
  await reload({ auth: { tokenFile: './token' } });
  assert.doesNotMatch(await (await get(`/archives/${one.head.id}`, bearer(token))).text(), /list them/);
});
