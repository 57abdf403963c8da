import assert from 'node:assert/strict';
import test from 'node:test';
import { problemsOf, smallest } from './files.ts';

/** The smallest file with a database: one problem is expected, and no password in it. */
const oneProblem: readonly (readonly [what: string, from: string, to: string, problem: RegExp])[] = [
  [
    'a database without a name',
    'version: 1',
    'version: 1\ndatabase: postgres://u:hunter2@db/',
    /^mothball.yaml:2:11: database: needs a user, a host and a database: postgres:\/\/USER@HOST:PORT\/DATABASE$/,
  ],
  [
    'a parameter that pg would know',
    'version: 1',
    'version: 1\ndatabase: postgres://u:hunter2@db/x?options=-cfsync',
    /^mothball.yaml:2:11: database: has the parameter "options"; only sslmode is known/,
  ],
  [
    'an unencrypted database on another machine',
    'version: 1',
    'version: 1\ndatabase: postgres://u:hunter2@db/x?sslmode=disable',
    /^mothball.yaml:2:11: database: would send mail headers and the password unencrypted to another machine/,
  ],
  [
    'two passwords of the database',
    'version: 1',
    'version: 1\ndatabase: { url: "postgres://u:hunter2@db/x", passwordFile: pw }',
    /^mothball.yaml:2:18: database.url: needs at most one password; found passwordFile and one in the URL$/,
  ],
  [
    'another kind of database',
    'version: 1',
    'version: 1\ndatabase: mysql://u:hunter2@db/x',
    /^mothball.yaml:2:11: database: must be sqlite:PATH/,
  ],
];

for (const [what, from, to, problem] of oneProblem) {
  test(`${what} is a problem at its place, and is not quoted`, async (t) => {
    const found = await problemsOf(t, { 'mothball.yaml': smallest.replace(from, to), pw: 'x\n' });
    assert.equal(found.length, 1, found.join('\n'));
    assert.match(found[0] ?? '', problem);
    assert.doesNotMatch(found[0] ?? '', /hunter2/);
  });
}
