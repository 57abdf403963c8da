/**
 * Any order of archiving, purging, restoring, expiring and losing the database, with the owner's mail
 * client at work in between; the oracle judges after each step. `FULL=1` tries many more lives.
 */
import assert from 'node:assert/strict';
import test, { after, before } from 'node:test';
import fc from 'fast-check';
import { note } from '../corpus/mailbox.ts';
import { seedUser } from '../corpus/seed.ts';
import { inFull } from '../full.ts';
import { makeSite } from '../integration/installation.ts';
import { snapshot } from '../oracle/snapshot.ts';
import { type Dovecot, startDovecot } from '../servers/dovecot.ts';
import { lifePolicy, lifeSteps, usualLife } from './life-commands.ts';
import { type Life, Memory, rules } from './life-model.ts';

let dovecot: Dovecot;

before(async () => {
  dovecot = await startDovecot();
});

after(() => dovecot.stop());

const mail = [
  note('old', 500),
  note('older', 900, { flags: ['\\Seen'] }),
  note('flagged', 700, { flags: ['\\Flagged'] }),
  note('comes of age', 360),
  note('young', 3),
  note('rival', 600, { from: `Rival <r${rules.rival}>` }),
  note('list', 800, { folder: 'Lists' }),
  note('kept', 800, { folder: 'Keep' }),
];
let lives = 0;

async function begin(): Promise<Life> {
  const user = `life-${(lives += 1)}@example.com`;
  await seedUser(dovecot, user, mail);
  const site = await makeSite({
    server: { port: dovecot.port },
    users: [user],
    policies: [lifePolicy],
    holds: [],
  });
  return { dovecot, user, site, memory: new Memory(await snapshot(dovecot, user)) };
}

test('in a life as most are, mail leaves after its grace, comes back, is kept, leaves again, and its archives expire', async (t) => {
  const life = await begin();
  t.after(() => life.site.remove());
  for (const step of usualLife) await step.run(life.memory, life);
  assert.ok(life.memory.deleted >= 4, `${life.memory.deleted} messages were deleted`);
  assert.ok(life.memory.restored.size >= 2, `${life.memory.restored.size} messages were restored`);
  assert.ok(life.memory.mayBeGone.size >= 1, 'no archive expired');
});

test('in whatever order mail is archived, deleted, restored, expired and meddled with, none is lost, doubled or taken too early', async (t) => {
  let steps = 0;
  let deleted = 0;
  let restored = 0;
  const life = fc.asyncProperty(
    fc.noBias(fc.commands([...lifeSteps], { maxCommands: inFull ? 30 : 16, size: 'max' })),
    async (commands) => {
      const one = await begin();
      try {
        await fc.asyncModelRun(() => ({ model: one.memory, real: one }), commands);
        steps += [...commands].length;
        deleted += one.memory.deleted;
        restored += one.memory.restored.size;
      } finally {
        await one.site.remove();
      }
    },
  );
  await fc.assert(life, {
    seed: Number(process.env['SEED'] ?? 2026),
    numRuns: Number(process.env['RUNS'] ?? (inFull ? 200 : 4)),
    interruptAfterTimeLimit: inFull ? 3_600_000 : 25_000,
    markInterruptAsFailure: false,
    endOnFailure: !inFull,
    verbose: 1,
  });
  t.diagnostic(`${lives} lives, ${steps} steps, ${deleted} messages deleted, ${restored} restored`);
});
