import assert from 'node:assert/strict';
import test from 'node:test';
import { type Folder, holdsMail } from '../../src/domain/folder.ts';
import type { GlanceAt, MailSession } from '../../src/ports/mail.ts';
import { freshUser, type MailWorld, message } from './mail-world.ts';

const names = ['Empty', 'Zażółć', 'Work & play'];

async function filled(session: MailSession, world: MailWorld): Promise<readonly string[]> {
  const paths = names.map((name) => world.path('Survey', name));
  for (const path of paths) await session.createFolder(path);
  await session.append('INBOX', message('one', 'x'.repeat(5000)), [], new Date('2001-02-03T04:05:06Z'));
  for (const path of paths.slice(1)) await session.append(path, message('two'), [], null);
  return ['INBOX', ...paths];
}

function at(path: string): GlanceAt {
  return { path, empty: path.endsWith('Empty') };
}

function byPath(folders: readonly Folder[]): readonly Folder[] {
  return folders.toSorted((a, b) => (a.path < b.path ? -1 : 1));
}

/** The part of the contract that asks several things at once: the answers are those of the single questions. */
export function mailSessionSurvey(name: string, world: () => MailWorld): void {
  test(`${name}: a survey shows the folders, quota roots and sizes that the single questions show`, async () => {
    const user = freshUser();
    await using session = await world().open(user);
    const paths = await filled(session, world());
    const folders = await session.folders();
    const all = folders.filter(holdsMail).map(({ path }) => path);
    const roots = await session.quota(all);
    for (const wanted of ['each folder', 'each namespace'] as const) {
      const survey = await session.survey({ sizes: holdsMail, roots: wanted });
      // Not every server lists in the same order each time.
      assert.deepEqual(byPath(survey.folders), byPath(folders));
      assert.deepEqual(
        survey.roots?.map((root) => ({ ...root, folders: [...root.folders].sort() })),
        roots?.map((root) => ({ ...root, folders: [...root.folders].sort() })),
      );
      for (const [path, size] of survey.sizes) assert.deepEqual(size, await session.size(path), path);
      for (const path of paths) assert.ok(survey.sizes.has(path), `no size of ${path}`);
    }
  });

  test(`${name}: a glance finds in each folder what EXAMINE and SEARCH find, and a folder that is not there is left out`, async () => {
    await using session = await world().open(freshUser());
    const paths = await filled(session, world());
    for (const terms of [[], [{ kind: 'before', day: new Date('2010-01-01') }]] as const) {
      const seen = await session.glance([world().path('Nowhere'), ...paths].map(at), terms);
      assert.deepEqual([...seen.keys()].sort(), [...paths].sort());
      for (const [path, { state, uids }] of seen) {
        assert.deepEqual(state, await session.examine(path), path);
        assert.deepEqual(uids, await session.search(terms), path);
      }
    }
    const old = await session.glance(paths.map(at), [{ kind: 'before', day: new Date('2010-01-01') }]);
    assert.deepEqual(
      [...old].map(([path, { uids }]) => [path, uids.length]),
      paths.map((path) => [path, path === 'INBOX' ? 1 : 0]),
    );
  });
}
