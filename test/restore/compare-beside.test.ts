import assert from 'node:assert/strict';
import test, { type TestContext } from 'node:test';
import { MothballError } from '../../src/errors.ts';
import { CompareBeside } from '../../src/restore/compare-beside.ts';
import { type LockedWork, withLock } from '../../src/work/locked-work.ts';
import { login } from '../imap/sessions.ts';
import { accountWorld } from '../work/account-world.ts';

interface Second {
  readonly beside: CompareBeside;
  readonly work: LockedWork;
  /** Another account needs the place of the second connection. */
  want(): void;
  /** Lets the login come to its end, or fails it. */
  logIn(error?: MothballError): void;
  /** Sessions that have ended. */
  ended(): number;
}

/** A second connection whose login waits for the test. */
async function second(t: TestContext, job: (second: Second) => Promise<void>): Promise<void> {
  const world = await accountWorld(t, { folders: { INBOX: { messages: [] } } });
  const wanted = new AbortController();
  const { promise: mayLogIn, resolve, reject } = Promise.withResolvers<void>();
  let ended = 0;
  const openBeside = async () => {
    await mayLogIn;
    const session = await login(world.server.port);
    const dispose = session[Symbol.asyncDispose].bind(session);
    const counted = Object.assign(session, {
      async [Symbol.asyncDispose]() {
        await dispose();
        ended += 1;
      },
    });
    return { session: counted, wanted: wanted.signal };
  };
  const done = await withLock({ ...world.lockable(), mail: { ...world.mail, openBeside } }, async (work) => {
    await work.connection.session();
    await job({
      beside: new CompareBeside(work),
      work,
      want: () => wanted.abort(),
      logIn: (error) => (error === undefined ? resolve() : reject(error)),
      ended: () => ended,
    });
  });
  assert.notEqual(done, 'locked');
}

async function until(reached: () => boolean | Promise<boolean>): Promise<void> {
  for (let tries = 0; !(await reached()); tries += 1) {
    assert.ok(tries < 500, 'it did not come to that');
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}

const place = (work: LockedWork) =>
  work.connection
    .session()
    .then(async (session) => ({ path: 'INBOX', before: await session.examine('INBOX') }));

test('it logs in while others work, and can compare when that is done', async (t) => {
  await second(t, async ({ beside, work, logIn, ended }) => {
    assert.equal(await beside.ready(), false);
    logIn();
    await until(() => beside.ready());
    assert.deepEqual(await beside.compare(await place(work), []), { compared: [], unread: [] });
    await beside[Symbol.asyncDispose]();
    assert.deepEqual([ended(), await beside.ready()], [1, false]);
  });
});

test('a place that another account needs during the login is given up at once', async (t) => {
  await second(t, async ({ beside, logIn, want, ended }) => {
    await beside.ready();
    want();
    logIn();
    await until(() => ended() === 1);
    assert.equal(await beside.ready(), false);
  });
});

test('whoever disposes of it waits for its end, also where another account has begun that', async (t) => {
  await second(t, async ({ beside, logIn, want, ended }) => {
    await beside.ready();
    logIn();
    await until(() => beside.ready());
    want();
    await beside[Symbol.asyncDispose]();
    assert.equal(ended(), 1);
  });
});

test('after the first connection has ended and come back there is no second one any more', async (t) => {
  await second(t, async ({ beside, work, logIn, ended }) => {
    await beside.ready();
    logIn();
    await until(() => beside.ready());
    await work.connection.drop();
    await work.connection.session();
    assert.equal(await beside.ready(), false);
    assert.equal(ended(), 1);
  });
});

test('a login that is refused leaves all to the first connection; one that concerns the account is thrown', async (t) => {
  const refused = new MothballError('too many connections', { code: 'protocol' });
  await second(t, async ({ beside, logIn }) => {
    await beside.ready();
    logIn(refused);
    await beside[Symbol.asyncDispose]();
    assert.equal(await beside.ready(), false);
  });
  const stopped = new MothballError('stopped', { code: 'interrupted' });
  await second(t, async ({ beside, logIn }) => {
    await beside.ready();
    logIn(stopped);
    await beside[Symbol.asyncDispose]();
    await assert.rejects(beside.ready(), stopped);
  });
});
