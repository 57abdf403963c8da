/** Archives of early versions, and forged ones, hold manifest lines of any length: what is shown of them has bounds. */
import assert from 'node:assert/strict';
import test, { type TestContext } from 'node:test';
import { messageInfoSchema, messageSchema } from '../../src/documents/messages.ts';
import { longestShown } from '../../src/domain/bounds.ts';
import type { ManifestMessage } from '../../src/format/manifest-types.ts';
import { digest, manifest, message } from '../contract/catalog-samples.ts';
import { mothball } from '../integration/mothball.ts';
import { basic, bearer, mailToken, openSite, type TestSite, token, withTokens } from './page-server.ts';

/** Fields of 5,000 characters, as early versions recorded them, or so long that they are not even read. */
function forged(number: number, length: number): ManifestMessage {
  const text = 'invoice '.padEnd(length, '\u20ac');
  const list = Array.from({ length: Math.ceil(length / 10) }, (_, index) => `$flag${index}`);
  return message(number, {
    from: text,
    to: text,
    subject: text,
    messageId: `<${text}>`,
    emailId: text,
    labels: list,
    flags: list,
    headers: { 'list-id': [text] },
  });
}

async function siteWith(t: TestContext, messages: readonly ManifestMessage[]): Promise<TestSite> {
  const site = await openSite(t, withTokens);
  const long = 'folder'.padEnd(12_000, '/sub');
  await site.app.catalog.addArchive(manifest(messages, { folder: long, policy: long }), 'x', null);
  return site;
}

const archive = (messages: readonly ManifestMessage[]) => manifest(messages).head.id;

const sizes = [
  ['5,000 characters', 5000],
  ['300,000 characters', 300_000],
] as const;

for (const [what, length] of sizes) {
  const lines = [forged(1, length), message(2, { subject: 'invoice' })];

  test(`search shows the start of fields of ${what}, and says which it cut`, async (t) => {
    const site = await siteWith(t, lines);
    const answer = await site.get('/api/v1/search?q=invoice', bearer(mailToken));
    const text = await answer.text();
    assert.ok(text.length < 30_000, `${text.length} characters`);
    for (const out of [text, (await cli(site, ['search', 'invoice', '--json'])).stdout]) {
      assert.ok(out.length < 30_000, `${out.length} characters`);
      const { messages }: { messages: readonly object[] } = JSON.parse(out);
      const rows = messages.map((row) => messageSchema.parse(row));
      const [long, short] = [rows.find(({ uid }) => uid === 1), rows.find(({ uid }) => uid === 2)];
      for (const field of ['from', 'to', 'subject', 'messageId'] as const) {
        assert.match(long?.[field] ?? '', /…$/, field);
        assert.ok((long?.[field]?.length ?? 0) <= longestShown, field);
        assert.ok(long?.cut?.includes(field), field);
      }
      assert.equal(short?.subject, 'invoice');
      assert.deepEqual(short.cut, ['folder']);
    }
  });

  test(`show --headers, its API and its page are bounded for fields of ${what}`, async (t) => {
    const site = await siteWith(t, lines);
    const id = `${archive(lines)}/0`;
    const json = (await cli(site, ['show', id, '--headers', '--json'])).stdout;
    const api = await (await site.get(`/api/v1/messages/${id}`, bearer(mailToken))).text();
    const plain = (await cli(site, ['show', id, '--headers'])).stdout;
    const page = await (await site.get(`/messages/${id}`, basic(mailToken))).text();
    for (const out of [json, api, plain, page]) assert.ok(out.length < 100_000, `${out.length} characters`);
    for (const out of [json, api]) {
      const { message: shown }: { message: object } = JSON.parse(out);
      const { subject, cut } = messageInfoSchema.parse(shown);
      assert.match(subject ?? '', /^invoice €+…$/);
      for (const field of ['subject', 'from', 'to', 'messageId', 'emailId'])
        assert.ok(cut?.includes(field), field);
    }
    assert.match(page, /invoice €+…/);
  });
}

test('a field that is not too long is shown in full, and not marked', async (t) => {
  const full = 'x'.repeat(longestShown);
  const lines = [message(1, { subject: full, headers: { 'list-id': ['a'] } })];
  const site = await siteWith(t, lines);
  const { message: shown } = JSON.parse(
    (await cli(site, ['show', `${archive(lines)}/0`, '--headers', '--json'])).stdout,
  );
  const { subject, cut, headers } = messageInfoSchema.parse(shown);
  assert.deepEqual([subject, cut, headers], [full, undefined, { 'list-id': ['a'] }]);
});

test('names of a forged archive are cut on every page and in every list', async (t) => {
  const lines = [message(1, { subject: 'invoice' })];
  const site = await siteWith(t, lines);
  const pages = ['/archives', `/archives/${archive(lines)}`];
  for (const path of [...pages, '/search?q=invoice', '/api/v1/archives', '/api/v1/search?q=invoice']) {
    const mail = path.includes('search');
    const answer = await site.get(path, mail ? basic(mailToken) : basic(token));
    const text = await answer.text();
    assert.equal(answer.status, 200, text.slice(0, 500));
    assert.match(text, /folder\/sub/, path);
    assert.ok(text.length < 35_000, `${path}: ${text.length} characters`);
  }
  for (const args of [
    ['archives'],
    ['archives', '--json'],
    ['search', 'invoice'],
    ['search', 'x', '--json'],
  ]) {
    const { stdout } = await cli(site, args);
    assert.ok(stdout.length < 30_000, `${args.join(' ')}: ${stdout.length} characters`);
  }
});

test('the more messages a search lists, the less of each field it takes', async (t) => {
  const lines = Array.from({ length: 500 }, (_, index) => forged(index + 1, 9000));
  const site = await siteWith(
    t,
    lines.map((line) => ({ ...line, sha256: digest(`${line.uid}`) })),
  );
  const { catalog } = site.app;
  const text = async (limit: number) => JSON.stringify(await catalog.search({ limit })).length;
  const some = await text(500);
  assert.ok(some < 16 * 1024 * 1024, `${some} characters`);
  const most = await text(10_000);
  assert.ok(most < some / 5, `${most} of ${some}`);
  const { code, stderr } = await cli(site, ['search', 'invoice', '--limit', '10001']);
  assert.equal(code, 2);
  assert.match(stderr, /from 1 to 10000/);
});

async function cli(site: TestSite, args: readonly string[]) {
  return await mothball(args, { cwd: site.dir });
}
