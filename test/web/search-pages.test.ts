import assert from 'node:assert/strict';
import test from 'node:test';
import { day, manifest, message } from '../contract/catalog-samples.ts';
import { basic, bearer, mailToken, openSite, withTokens } from './page-server.ts';

test('each page of a search begins after the last message of the one before, in the API and on the page', async (t) => {
  const site = await openSite(t, withTokens);
  const all = Array.from({ length: 120 }, (_, index) =>
    message(index + 1, { subject: `invoice ${index + 1}`, date: day(Math.floor(index / 7)).toISOString() }),
  );
  const one = manifest(all);
  await site.app.catalog.addArchive(one, 'm', null);
  const newest = (await site.app.catalog.search({ words: ['invoice'] })).map(({ uid }) => Number(uid));

  const found: number[] = [];
  for (let next: string | null = ''; next !== null;) {
    const after: string = next === '' ? '' : `&after=${next}`;
    const answer = await site.get(`/api/v1/search?q=invoice&limit=50${after}`, bearer(mailToken));
    const part: { readonly messages: readonly { readonly uid: number }[]; readonly next: string | null } =
      JSON.parse(await answer.text());
    found.push(...part.messages.map(({ uid }) => uid));
    next = part.next;
  }
  assert.deepEqual(found, newest);

  const captions: string[] = [];
  const shown: number[] = [];
  for (let path: string | null = '/search?q=invoice'; path !== null;) {
    const page: string = await (await site.get(path, basic(mailToken))).text();
    captions.push(/Messages found: \d+, newest first; these are \d+ to \d+/.exec(page)?.[0] ?? '');
    shown.push(...[...page.matchAll(/>invoice (\d+)</g)].map(([, uid]) => Number(uid)));
    const [, older] = /rel="next" href="([^"]*)"/.exec(page) ?? [];
    if (older !== undefined) assert.match(older, /after=/);
    path = older?.replaceAll('&amp;', '&') ?? null;
  }
  assert.deepEqual(
    captions,
    ['1 to 50', '51 to 100', '101 to 120'].map(
      (range) => `Messages found: 120, newest first; these are ${range}`,
    ),
  );
  assert.deepEqual(shown, newest);
});

test('a place that no answer gave is refused', async (t) => {
  const site = await openSite(t, withTokens);
  for (const after of ['x', '1', '1.', '1.2.3', `${'9'.repeat(20)}.1`])
    for (const path of [`/api/v1/search?q=x&after=${after}`, `/search?q=x&after=${after}`])
      assert.equal((await site.get(path, basic(mailToken))).status, 400, path);
});
