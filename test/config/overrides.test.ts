import assert from 'node:assert/strict';
import { join } from 'node:path';
import test, { type TestContext } from 'node:test';
import { loadConfig } from '../../src/config/load.ts';
import type { Config } from '../../src/config/config.ts';
import { formatDuration } from '../../src/domain/duration.ts';
import { policyFor } from '../../src/domain/override.ts';
import { directoryWith, noSecrets, policyFile, problemsOf, withPolicies } from './files.ts';

const age = 'match: { olderThan: 2y }\narchive: { to: local }\ndelete: { after: 7d }\nretain: 5y';
const drain =
  'match: { olderThan: 2y }\narchive: { to: local }\nwhen: { quotaAbove: 90% }\ndrainTo: 75%\ndelete: {}';

async function load(t: TestContext, lines: string): Promise<Config> {
  const files = { 'mothball.yaml': withPolicies, pw: 'x', 'policies.yaml': policyFile(lines) };
  return loadConfig(join(await directoryWith(t, files), 'mothball.yaml'), noSecrets);
}

async function problems(t: TestContext, lines: string): Promise<readonly string[]> {
  return problemsOf(t, { 'mothball.yaml': withPolicies, pw: 'x', 'policies.yaml': policyFile(lines) });
}

test('an override is read to the last key, and the hash of the policy does not know of it', async (t) => {
  const lines = `${drain}
overrides:
  - accounts: [alice]
    when: { quotaAbove: 98% }
    drainTo: 95%
    match: { not: { keyword: keep } }
    folders: { exclude: ['Keep/**'] }
    delete: { after: 3d }
  - accounts: { include: ['*'], exclude: [alice] }
    folders: { exclude: [role:archive] }`;
  const [found] = (await load(t, lines)).policies;
  const [plain] = (await load(t, drain)).policies;
  assert.equal(found?.hash, plain?.hash);
  const [first, second] = found?.overrides ?? [];
  const { hash, ...rest } = first ?? assert.fail();
  assert.match(hash, /^[0-9a-f]{16}$/);
  assert.notEqual(hash, second?.hash);
  assert.deepEqual(rest, {
    accounts: { include: ['alice'], exclude: [] },
    quota: { quotaAbove: 98, drainTo: 95 },
    match: { kind: 'not', of: { kind: 'keyword', keyword: 'keep' } },
    folders: ['Keep/**'],
    after: { count: 3, unit: 'd' },
    retain: null,
  });
});

const wrong: readonly (readonly [name: string, lines: string, problem: RegExp])[] = [
  [
    'a misspelt key',
    `${age}\noverrides: [{ accounts: [a], retian: 9y }]`,
    /^policies\.yaml:\d+:\d+: .*unknown key "retian"; did you mean "retain"\?/,
  ],
  [
    'nothing but accounts',
    `${age}\noverrides: [{ accounts: [a] }]`,
    /:\d+:\d+: .*changes nothing; give one of when, match, folders, delete, retain/,
  ],
  ['no accounts', `${age}\noverrides: [{ retain: 9y }]`, /accounts.*is missing/],
  [
    'when without that of the policy',
    `${age}\noverrides: [{ accounts: [a], when: { quotaAbove: 90% } }]`,
    /when: is valid only where the policy itself has when/,
  ],
  [
    'drainTo without that of the policy',
    `${age}\noverrides: [{ accounts: [a], drainTo: 50% }]`,
    /drainTo: is valid only where the policy itself has drainTo/,
  ],
  [
    'one half of a drain',
    `${drain}\noverrides: [{ accounts: [a], when: { quotaAbove: 95% } }]`,
    /when: is valid only with drainTo, which is missing/,
  ],
  [
    'the other half',
    `${drain}\noverrides: [{ accounts: [a], drainTo: 50% }]`,
    /drainTo: is valid only with when: \{ quotaAbove: … \}, which is missing/,
  ],
  [
    'a target above its threshold',
    `${drain}\noverrides: [{ accounts: [a], when: { quotaAbove: 80% }, drainTo: 85% }]`,
    /85% must be below quotaAbove, which is 80%/,
  ],
  [
    'a shorter grace',
    `${age}\noverrides: [{ accounts: [a], delete: { after: 6d } }]`,
    /after: may be shorter than the policy's 7d; an override can only delete later/,
  ],
  [
    'a grace that is shorter on some dates',
    `match: { olderThan: 2y }\narchive: { to: local }\ndelete: { after: 60d }\noverrides: [{ accounts: [a], delete: { after: 2mo } }]`,
    /^policies\.yaml:\d+:\d+: .*after: may be shorter than the policy's 60d; an override can only delete later/,
  ],
  [
    'delete where the policy has none',
    `match: { olderThan: 2y }\narchive: { to: local }\noverrides: [{ accounts: [a], delete: { after: 6d } }]`,
    /delete: is valid only where the policy itself has delete/,
  ],
  [
    'a shorter retain',
    `${age}\noverrides: [{ accounts: [a], retain: 59mo }]`,
    /retain: may be shorter than the policy's 5y; an override can only keep archives longer/,
  ],
  [
    'an end of what is kept forever',
    `match: { olderThan: 2y }\narchive: { to: local }\noverrides: [{ accounts: [a], retain: 99y }]`,
    /retain: the policy keeps its archives forever/,
  ],
  [
    'flagged mail, which the policy keeps',
    `${age}\noverrides: [{ accounts: [a], match: { flag: flagged } }]`,
    /match: names the flag flagged, which the policy does not: an override can't select mail that the policy keeps/,
  ],
  [
    'folders to include',
    `${age}\noverrides: [{ accounts: [a], folders: { exclude: [New], include: [Old] } }]`,
    /unknown key "include"/,
  ],
];

for (const [name, lines, problem] of wrong)
  test(`an override is refused at its place in the file: ${name}`, async (t) => {
    const [first = '', ...more] = await problems(t, lines);
    assert.match(first, problem);
    assert.deepEqual(more, []);
  });

test('overrides in days and in months go together, since the later end counts', async (t) => {
  const lines = `${age}
overrides:
  - { accounts: [alice], delete: { after: 60d }, retain: 1827d }
  - { accounts: ['*'], delete: { after: 2mo }, retain: 61mo }`;
  const [found] = (await load(t, lines)).policies;
  const alices = policyFor(found ?? assert.fail(), 'alice');
  assert.equal(formatDuration(alices.delete?.after ?? assert.fail()), 'the longer of 60d and 2mo');
  assert.equal(formatDuration(alices.retain ?? assert.fail()), '61mo');
});

test('an override of accounts that the policy does not cover is a warning', async (t) => {
  const { warnings } = await load(t, `${age}\noverrides: [{ accounts: ['nobody@*'], retain: 9y }]`);
  assert.match(
    warnings.join('\n'),
    /policy "p": its override for nobody@\* matches none of its accounts, so it decides about no mail, only about archives that are there/,
  );
});
