/** What a dead process left in the spool of an account. */
import assert from 'node:assert/strict';
import { mkdir, readdir, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import test from 'node:test';
import { runAccount } from '../../src/run/run.ts';
import { scriptedMessage } from '../servers/scripted-types.ts';
import { accountWorld } from '../work/account-world.ts';

test('plain mail that a dead process left in the spool is removed before anything else is done', async (t) => {
  const world = await accountWorld(t, { folders: { INBOX: { messages: [scriptedMessage(1)] } } });
  const spool = join(dirname(world.archiveDir), 'spool');
  await mkdir(join(spool, 'deeper'), { recursive: true });
  await writeFile(join(spool, 'left.mbox.zst'), 'mail of somebody');
  await writeFile(join(spool, 'deeper', 'left.body'), 'mail of somebody');
  let first: readonly string[] | null = null;
  world.hooks['EXAMINE'] = (exchange) => {
    void readdir(spool).then((names) => {
      first ??= names;
      exchange.answer();
    });
  };
  await world.locked((work) => runAccount(work, world.policies, { liftLimits: false }));
  assert.deepEqual(first, [], 'it was still there when the first folder was opened');
  assert.deepEqual(await readdir(spool), []);
});
