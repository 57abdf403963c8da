import assert from 'node:assert/strict';
import test, { before } from 'node:test';
import type { Locks } from '../../src/ports/locks.ts';
import type { Mail } from '../../src/ports/mail.ts';
import { lockedError, withLock } from '../../src/work/locked-work.ts';
import { type TypeFault, typeFaults } from '../architecture/tsc.ts';
import { accountWorld, type AccountWorld } from './account-world.ts';

test('a job does not begin while another one holds the lock: locked, at once, without a login', async (t) => {
  const world = await accountWorld(t);
  await using held = await world.locks.account(world.account);
  assert.ok(held !== null);
  const answer = await withLock(world.lockable(), () => assert.fail('the job began'));
  assert.equal(answer, 'locked');
  assert.equal(world.server.connections, 0);
});

test('of two jobs at once one does its work, and the other one is locked out', async (t) => {
  const world = await accountWorld(t);
  const job = async (): Promise<{ done: true }> => {
    await new Promise((resolve) => setTimeout(resolve, 50));
    return { done: true };
  };
  const answers = await Promise.all([withLock(world.lockable(), job), withLock(world.lockable(), job)]);
  assert.deepEqual(
    answers.filter((answer) => answer === 'locked'),
    ['locked'],
  );
  assert.deepEqual(await withLock(world.lockable(), job), { done: true });
});

const isFree = async ({ locks, account }: AccountWorld): Promise<boolean> => {
  await using lock = await locks.account(account);
  return lock !== null;
};

for (const [how, end] of [
  ['returns', (): void => undefined],
  [
    'throws',
    (): void => {
      throw new Error('the job failed');
    },
  ],
] as const) {
  test(`the lock is held until the job has ended, and is free when it ${how}`, async (t) => {
    const world = await accountWorld(t);
    const seen: boolean[] = [];
    const run = withLock(world.lockable(), async () => {
      seen.push(await isFree(world));
      await new Promise((resolve) => setTimeout(resolve, 20));
      seen.push(await isFree(world));
      end();
    });
    if (how === 'throws') await assert.rejects(run, /the job failed/);
    else await run;
    assert.deepEqual(seen, [false, false]);
    assert.ok(await isFree(world));
  });
}

/** The same locks and mail, with a record of what ends when. */
function recording({ locks, mail }: AccountWorld, order: string[]): { locks: Locks; mail: Mail } {
  return {
    locks: {
      ...locks,
      account: async (account) => {
        const held = await locks.account(account);
        if (held === null) return null;
        return {
          ...held,
          [Symbol.asyncDispose]: async () => {
            order.push('lock released');
            await held[Symbol.asyncDispose]();
          },
        };
      },
    },
    mail: {
      open: async (account) => {
        const session = await mail.open(account);
        const close = session[Symbol.asyncDispose].bind(session);
        return Object.assign(session, {
          [Symbol.asyncDispose]: async () => {
            await close();
            order.push('connection closed');
          },
        });
      },
    },
  };
}

for (const fails of [false, true]) {
  test(`the connection is closed before the lock is released, ${fails ? 'also ' : ''}when the job ${fails ? 'throws' : 'returns'}`, async (t) => {
    const world = await accountWorld(t);
    const order: string[] = [];
    const run = withLock({ ...world.lockable(), ...recording(world, order) }, async ({ connection }) => {
      await (await connection.session()).folders();
      order.push('job ended');
      if (fails) throw new Error('the job failed');
    });
    await (fails ? assert.rejects(run, /the job failed/) : run);
    assert.deepEqual(order, ['job ended', 'connection closed', 'lock released']);
  });
}

test('a job sees its account, its run and when it began', async (t) => {
  const world = await accountWorld(t);
  await world.locked(async ({ account, run, tool, started }) => {
    assert.deepEqual([account, run, tool, started], [world.account, 'run-1', 'mothball test', world.now]);
  });
});

test('the error for a locked account or store names it, what was left undone, and what to do', () => {
  const error = lockedError({ server: 'main', account: 'bob' }, 'nothing was restored');
  assert.equal(error.code, 'locked');
  assert.match(error.message, /^bob on main is locked by another .*; nothing was restored\. Try again /);
  assert.match(lockedError({ store: 'cold' }, 'nothing was removed').message, /^store cold is locked by /);
});

const head = [
  "import type { MailSession } from '../src/ports/mail.ts';",
  "import type { AccountWork } from '../src/work/account-work.ts';",
  "import type { Connection } from '../src/work/connection.ts';",
  "import type { LockedWork } from '../src/work/locked-work.ts';",
  'declare const parts: AccountWork; declare const connection: Connection<MailSession>;',
  'declare const held: AsyncDisposable; declare const locked: LockedWork;',
  'const { readBack, secondSessions } = locked;',
  "const own = { ...parts, connection, run: 'r', tool: 't', started: new Date(0), readBack, secondSessions };",
].join(' ');

const assigned = 'export const work: LockedWork = made;';
/** What tsc says to each way of making one; TS2741: a property is missing. */
const built: Readonly<Record<string, { readonly text: string; readonly codes: readonly string[] }>> = {
  'without the lock': { text: `const made = own; ${assigned}`, codes: ['TS2741'] },
  'with a lock under another symbol': {
    text: `const lock = Symbol(); const made = { ...own, [lock]: held }; ${assigned}`,
    codes: ['TS2741'],
  },
  'with a lock under a name': { text: `const made = { ...own, lock: held }; ${assigned}`, codes: ['TS2741'] },
  'with the symbol itself, which is not exported': {
    text: `import { lock } from '../src/work/locked-work.ts'; const made = { ...own, [lock]: held }; ${assigned}`,
    codes: ['TS2459', 'TS2741'],
  },
  'from one that a lock made': { text: `const made = { ...locked, ...own }; ${assigned}`, codes: [] },
};

let faults: readonly TypeFault[];
const fileOf = (name: string): string => `${name.replaceAll(/[^a-z]+/g, '-')}.ts`;

before(async () => {
  const texts = Object.entries(built).map(
    ([name, { text }]) => [fileOf(name), `${head}\n${text}\n`] as const,
  );
  faults = await typeFaults(new Map(texts));
});

for (const [name, { codes }] of Object.entries(built)) {
  test(`tsc ${codes.length === 0 ? 'accepts' : 'refuses'} a LockedWork built by hand ${name}`, () => {
    const found = faults.filter(({ file }) => file === fileOf(name));
    assert.deepEqual(
      found.map(({ line, code }) => `${line} ${code}`),
      codes.map((code) => `2 ${code}`),
    );
  });
}

test('tsc has nothing else against these files', () => {
  const made = new Set(Object.keys(built).map(fileOf));
  assert.deepEqual(
    faults.filter(({ file }) => !made.has(file)),
    [],
  );
});
