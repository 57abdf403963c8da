import assert from 'node:assert/strict';
import { readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import test, { type TestContext } from 'node:test';
import { type GmailWorld, gmailWorld, held, mail } from '../integration/gmail-site.ts';
import { assertExit, describe, policy } from '../integration/installation.ts';
import { sha256 } from '../oracle/digest.ts';

type Mode = 'expunge' | 'trash';

/** Two messages leave; one has an excluded label, and one was thrown away by its owner. */
async function world(t: TestContext, mode: Mode): Promise<GmailWorld> {
  return gmailWorld(
    t,
    [
      mail('one', ['\\Inbox', 'Work']),
      mail('two', [], { flags: ['\\Seen'] }),
      mail('kept', ['\\Inbox', 'Keep']),
      mail('thrown away', [], { place: 'trash' }),
    ],
    [
      policy('old', 365, {
        folders: { include: ['**'], exclude: ['Keep', 'role:trash'] },
        delete: { after: '0d', mode },
      }),
    ],
  );
}

/** Names of the fail points that a command passes, in order. */
async function hitsOf({ site }: GmailWorld, args: readonly string[]): Promise<readonly string[]> {
  const log = join(site.dir, 'hits.log');
  assertExit(await site.runProcess(args, { env: { MOTHBALL_FAILPOINT_LOG: log } }), 0);
  const text = await readFile(log, 'utf8');
  await rm(log);
  return text
    .trim()
    .split('\n')
    .map((line) => line.replace(/^\d+ /, ''));
}

/** Every message is on the server or in an archive, and the two that stay are as they were. */
function assertSafe(now: GmailWorld, before: readonly string[], all: readonly string[]): void {
  const there = now.mailbox.messages.map(({ body }) => sha256(body));
  const archived = now.site.archives().flatMap(({ messages }) => messages.map((one) => one.sha256));
  for (const digest of all) assert.ok(there.includes(digest) || archived.includes(digest));
  for (const line of before.filter((one) => /^(?:kept|thrown)/.test(one)))
    assert.ok(held(now).includes(line), line);
}

async function killed(t: TestContext, mode: Mode, at: number, hit: string, left: readonly string[]) {
  const one = await world(t, mode);
  const before = held(one);
  const all = one.mailbox.messages.map(({ body }) => sha256(body));
  const died = await one.site.runProcess(['run', '--yes'], { env: { MOTHBALL_FAILPOINT: String(at) } });
  assert.equal(died.signal, 'SIGKILL', `${hit}: ${describe(died)}`);
  assertSafe(one, before, all);
  const resumed = await one.site.run(['run', '--yes']);
  assert.equal(resumed.code, 0, `after a kill at ${hit}: ${describe(resumed)}`);
  assert.deepEqual(held(one), left, `after a kill at ${hit}`);
  assertSafe(one, before, all);
  const copies = one.site.archives().flatMap(({ messages }) => messages);
  assert.equal(copies.length, 2, `copies after a kill at ${hit}`);
}

for (const mode of ['expunge', 'trash'] as const) {
  test(`killed at any fail point of ${mode} on Gmail, a run is finished by the next one`, async (t) => {
    const whole = await world(t, mode);
    const hits = await hitsOf(whole, ['run', '--yes']);
    const left = held(whole);
    const own = mode === 'expunge' ? ['after trash mark', 'after trash expunge'] : ['after trash record'];
    for (const name of ['after move', ...own]) assert.ok(hits.includes(name), `${name}: ${hits.join(', ')}`);
    // What comes before the intent is the same on every server.
    const first = hits.indexOf('after intent');
    for (const [index, hit] of hits.entries())
      if (index >= first) await killed(t, mode, index + 1, hit, left);
  });
}

test('killed at any fail point, a restore to Gmail is finished by the next one, with all labels', async (t) => {
  const first = await world(t, 'expunge');
  const full = held(first);
  assertExit(await first.site.run(['run', '--yes']), 0);
  const hits = await hitsOf(first, ['restore', '--all', '--yes']);
  assert.deepEqual(held(first), full);
  assert.ok(hits.includes('after labels'), hits.join(', '));
  for (const [index, hit] of hits.entries()) {
    const one = await world(t, 'expunge');
    assertExit(await one.site.run(['run', '--yes']), 0);
    const env = { MOTHBALL_FAILPOINT: String(index + 1) };
    const died = await one.site.runProcess(['restore', '--all', '--yes'], { env });
    assert.equal(died.signal, 'SIGKILL', `${hit}: ${describe(died)}`);
    assertExit(await one.site.run(['restore', '--all', '--yes']), 0);
    assert.deepEqual(held(one), full, `after a kill at ${hit}`);
  }
});
