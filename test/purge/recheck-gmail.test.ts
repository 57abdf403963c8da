import assert from 'node:assert/strict';
import test from 'node:test';
import { gmailWorld, held, mail } from '../integration/gmail-site.ts';
import { assertExit, policy } from '../integration/installation.ts';
import { gmailRows } from './recheck-gmail-rows.ts';

interface Runs {
  readonly runs: readonly { readonly skipped: readonly { readonly code: string }[] }[];
}

for (const { when, code, change } of gmailRows)
  test(`on Gmail a message stays when ${when}: ${code}`, async (t) => {
    const rule = policy('old', 365, { delete: { after: '2d' } });
    const world = await gmailWorld(t, [mail('one', ['\\Inbox'])], [rule]);
    assertExit(await world.site.run(['run', '--yes']), 0);
    change(world);
    const before = held(world);
    const clock = { now: () => new Date(Date.now() + 3 * 86_400_000) };
    const { stdout } = await world.site.run(['run', '--yes', '--json'], { clock });
    const { runs }: Runs = JSON.parse(stdout);
    assert.ok(
      runs[0]?.skipped.some((kept) => kept.code === code),
      stdout,
    );
    assert.deepEqual(held(world), before);
  });
