/** The list of an owner's mail, page by page. */
import assert from 'node:assert/strict';
import test from 'node:test';
import { day, digest, manifest, message } from '../contract/catalog-samples.ts';
import { alice, bob, openOwners } from './owner-site.ts';

test('an owner turns the pages of a list without gaps or repeats, also among many messages of one date', async (t) => {
  const { site, owner } = await openOwners(t);
  const dates = Array.from({ length: 130 }, (_, index) =>
    index < 75 ? day(9) : day(Math.floor(index / 7) - 9),
  );
  const add = async (account: typeof alice, subject: string): Promise<void> => {
    const all = dates.map((at, index) =>
      message(index + 1, { subject: `${subject} ${index + 1}`, date: at.toISOString() }),
    );
    await site.app.catalog.addArchive(
      manifest(all, { ...account, id: digest(subject) }),
      `${subject}.json`,
      null,
    );
  };
  // Mail of others before, beside and behind it changes nothing.
  await add(bob, 'foreign');
  await add(alice, 'own');
  const newest = (await site.app.catalog.search({ accounts: [alice] })).map(({ subject }) => subject);
  assert.equal(newest.length, 130);
  const one = await owner(alice);
  const captions: string[] = [];
  const shown: string[] = [];
  const places: string[] = [];
  for (let path: string | null = '/mine'; path !== null;) {
    const { status, text } = await one.ask(path);
    assert.equal(status, 200, path);
    captions.push(/Messages found: \d+, newest first; these are \d+ to \d+/.exec(text)?.[0] ?? '');
    shown.push(...[...text.matchAll(/">(\w+ \d+)<\/a>/g)].map(([, subject = '']) => subject));
    const [, older] = /rel="next" href="([^"]*)"/.exec(text) ?? [];
    places.push(/after=([^&"]*)/.exec(older ?? '')?.[1] ?? '');
    path = older?.replaceAll('&amp;', '&') ?? null;
  }
  assert.deepEqual(
    captions,
    ['1 to 50', '51 to 100', '101 to 130'].map(
      (range) => `Messages found: 130, newest first; these are ${range}`,
    ),
  );
  assert.deepEqual(shown, newest);
  // Not the numbers of the catalog, which would show how much mail there is of others.
  assert.match(places[0] ?? '', /^-?\d+\.\d\d?$/);
});

test('a place that no page gave is refused, or leads to own mail only', async (t) => {
  const { site, owner } = await openOwners(t);
  for (const [account, subject] of [
    [bob, 'foreign'],
    [alice, 'own'],
  ] as const)
    await site.app.catalog.addArchive(
      manifest([message(1, { subject })], { ...account, id: digest(subject) }),
      `${subject}.json`,
      null,
    );
  const one = await owner(alice);
  for (const after of ['x', '1', '1.', '1.2.3', '1.-1', `${'9'.repeat(20)}.1`, '1.9999999', "1.1'", '1.1%00'])
    assert.equal((await one.ask(`/mine?after=${after}`)).status, 400, after);
  assert.equal((await one.ask('/mine?after=1.1&after=2.1')).status, 400);
  for (const after of ['999999999999999.0', '-999999999999999.0', '0.999999', `${Date.now()}.0`]) {
    const { status, text } = await one.ask(`/mine?page=2&after=${after}`);
    assert.equal(status, 200, after);
    assert.doesNotMatch(text, /foreign/);
  }
});
