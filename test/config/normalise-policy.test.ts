import assert from 'node:assert/strict';
import { join } from 'node:path';
import test, { type TestContext } from 'node:test';
import { loadConfig } from '../../src/config/load.ts';
import type { Policy } from '../../src/domain/policy.ts';
import { directoryWith, noSecrets, policyFile, problemsOf, withPolicies } from './files.ts';

async function policyOf(t: TestContext, lines: string): Promise<Policy> {
  const files = { 'mothball.yaml': withPolicies, pw: 'x', 'policies.yaml': policyFile(lines) };
  const { policies } = await loadConfig(join(await directoryWith(t, files), 'mothball.yaml'), noSecrets);
  const [policy] = policies;
  assert.ok(policy);
  return policy;
}

const least = 'match: { olderThan: 2y }\narchive: { to: local }';
const drain = `${least}\nwhen: { quotaAbove: 90% }\ndrainTo: 75.5%`;

test('the shortest policy only reports, keeps everything and has the default limits', async (t) => {
  const { hash, ...policy } = await policyOf(t, least);
  assert.match(hash, /^[0-9a-f]{16}$/);
  assert.deepEqual(policy, {
    name: 'p',
    mode: 'plan',
    schedule: null,
    timezone: 'UTC',
    accounts: { include: ['*'], exclude: [] },
    folders: { include: ['**'], exclude: [], namespaces: ['personal'] },
    match: { kind: 'olderThan', age: { count: 2, unit: 'y' }, from: 'received' },
    when: null,
    drainTo: null,
    order: { by: 'oldest', folders: [] },
    archive: { to: 'local', format: 'mbox', compression: 'zstd' },
    delete: null,
    limits: { maxMessages: 50_000, maxBytes: 21_474_836_480, maxPercent: 90 },
    recheck: 'meta',
    trustBodyOverSize: false,
    restoredKeep: { count: 30, unit: 'd' },
    retain: null,
    notify: null,
  });
});

test('each format has the compression that goes with it by default', async (t) => {
  for (const [format, compression] of [
    ['mbox', 'zstd'],
    ['eml-zip', 'deflate'],
    ['maildir-tar', 'zstd'],
  ] as const) {
    const { archive } = await policyOf(
      t,
      `match: { unseen: true }\narchive: { to: local, format: ${format} }`,
    );
    assert.deepEqual(archive, { to: 'local', format, compression });
  }
});

test('the example of the documentation is read to the last key', async (t) => {
  const policy = await policyOf(
    t,
    `mode: enforce
schedule: "15 2 * * *"
timezone: Europe/Warsaw
accounts: { include: ["*@example.com"], exclude: ["legal-*"] }
folders: { include: ["**"], exclude: [role:drafts, "Keep/**"], namespaces: [personal, shared] }
match:
  all:
    - olderThan: 2y
    - largerThan: 1MiB
    - not: { flag: flagged }
archive: { to: local, format: mbox, compression: gzip }
delete: { after: 0d, mode: trash }
limits: { maxMessages: 50000, maxBytes: 20GiB, maxPercent: 60 }
recheck: body
trustBodyOverSize: true
restoredKeep: 8w
retain: 7y`,
  );
  assert.deepEqual(
    [policy.mode, policy.schedule, policy.timezone],
    ['enforce', '15 2 * * *', 'Europe/Warsaw'],
  );
  assert.deepEqual(policy.folders, {
    include: ['**'],
    exclude: ['role:drafts', 'Keep/**'],
    namespaces: ['personal', 'shared'],
  });
  assert.equal(policy.match.kind === 'all' && policy.match.of.length, 3);
  assert.deepEqual(policy.archive, {
    to: 'local',
    format: 'mbox',
    compression: 'gzip',
  });
  assert.deepEqual(policy.delete, { after: { count: 0, unit: 'd' }, mode: 'trash' });
  assert.deepEqual([policy.limits.maxPercent, policy.recheck, policy.trustBodyOverSize], [60, 'body', true]);
  assert.deepEqual(
    [policy.restoredKeep, policy.retain],
    [
      { count: 8, unit: 'w' },
      { count: 7, unit: 'y' },
    ],
  );
});

test('delete: {} expunges after a week, in a drain at once', async (t) => {
  const kept = await policyOf(t, `${least}\ndelete: {}`);
  assert.deepEqual(kept.delete, { after: { count: 7, unit: 'd' }, mode: 'expunge' });
  const drained = await policyOf(t, `${drain}\ndelete: {}`);
  assert.deepEqual(drained.delete, { after: { count: 0, unit: 'd' }, mode: 'expunge' });
  assert.deepEqual([drained.when, drained.drainTo], [{ quotaAbove: 90 }, 75.5]);
  const waited = await policyOf(t, `${drain}\ndelete: { after: 1d }`);
  assert.deepEqual(waited.delete, { after: { count: 1, unit: 'd' }, mode: 'expunge' });
});

test('a condition on the quota needs no target', async (t) => {
  assert.equal((await policyOf(t, `${least}\nwhen: { quotaAbove: 100% }`)).drainTo, null);
});

test('accounts and folders may be lists, or leave out include', async (t) => {
  const listed = await policyOf(t, `${least}\naccounts: ["a@*"]\nfolders: [INBOX, role:sent]`);
  assert.deepEqual(listed.accounts, { include: ['a@*'], exclude: [] });
  assert.deepEqual(listed.folders, {
    include: ['INBOX', 'role:sent'],
    exclude: [],
    namespaces: ['personal'],
  });
  const excluded = await policyOf(t, `${least}\naccounts: { exclude: [b] }\nfolders: { exclude: [Keep] }`);
  assert.deepEqual(excluded.accounts, { include: ['*'], exclude: ['b'] });
  assert.deepEqual(excluded.folders, { include: ['**'], exclude: ['Keep'], namespaces: ['personal'] });
});

test('the hash follows what a policy does and not how it is written', async (t) => {
  const plain = (await policyOf(t, least)).hash;
  assert.equal(
    (await policyOf(t, 'archive: {to: local, format: mbox}\nmatch:\n  olderThan: 2y\nmode: plan')).hash,
    plain,
  );
  assert.notEqual((await policyOf(t, least.replace('2y', '3y'))).hash, plain);
  assert.notEqual((await policyOf(t, `${least}\nmode: enforce`)).hash, plain);
});

const refused: readonly (readonly [lines: string, problem: RegExp])[] = [
  [`${least}\ndrainTo: 75%\ndelete: {}`, /policies.yaml:6:5: policies\[0\].drainTo: is valid only with when/],
  [drain, /drainTo: without delete nothing is ever freed/],
  [
    `${least}\nwhen: { quotaAbove: 75% }\ndrainTo: 75%\ndelete: {}`,
    /policies.yaml:7:14: .*75% must be below quotaAbove, which is 75%/,
  ],
  [`${least}\nwhen: { quotaAbove: 90 }`, /when.quotaAbove: must be text such as "90%"/],
  [`${least}\nwhen: { quotaAbove: 101% }`, /when.quotaAbove: found "101%", expected 1% to 100%/],
  [
    'match: { unseen: true }\narchive: { to: lokal }',
    /policies.yaml:5:20: .*archive.to: unknown store "lokal"; did you mean "local"\?/,
  ],
  [
    'match: { unseen: true }\narchive: { to: local, format: maildir-tar, compression: deflate }',
    /compression: deflate is valid only with eml-zip; use zstd, gzip or none/,
  ],
  [
    'match: { unseen: true }\narchive: { to: local, maxWait: 10d }',
    /archive.maxWait: is valid only with minBytes, which is missing/,
  ],
  [
    'match: { unseen: true }\narchive: { to: local, maxBytes: 1KiB }',
    /archive.maxBytes: is less than 1.0 MiB: each message would be an archive of its own/,
  ],
  [
    'match: { unseen: true }\narchive: { to: local, maxBytes: 257MiB }',
    /archive.maxBytes: is more than the 256.0 MiB that an archive can hold/,
  ],
  [
    'match: { unseen: true }\narchive: { to: local, format: eml-zip, compression: zstd }',
    /compression: zstd is not valid with eml-zip; use deflate or none/,
  ],
  [
    'match: { unseen: true }\narchive: { to: local, compression: deflate }',
    /compression: deflate is valid only with eml-zip/,
  ],
  ['archive: { to: local }', /policies.yaml:3:5: policies\[0\].match: is missing/],
  [`${least}\nmode: enforced`, /mode: found "enforced"; did you mean "enforce"\? allowed: plan, enforce/],
  [
    `${least}\nschedule: "61 * * * *"`,
    /schedule: found "61 \* \* \* \*", not a schedule: minute: "61" is not in 0-59/,
  ],
  [
    `${least}\ntimezone: Europe/Warsow`,
    /timezone: found "Europe\/Warsow", not an IANA time zone; did you mean "Europe\/Warsaw"\?/,
  ],
  [
    `${least}\nfolders: [role:thrash]`,
    /folders\[0\]: found "role:thrash", no such role; did you mean "role:trash"\?/,
  ],
  [
    `${least}\nfolders: { includes: ["**"] }`,
    /policies.yaml:6:16: policies\[0\].folders.includes: unknown key "includes"; did you mean "include"\?/,
  ],
  [`${least}\naccounts: []`, /accounts: must have at least one entry/],
  [`${least}\naccounts: everyone`, /accounts: has the wrong shape, found text/],
  [`${least}\ndelete: { after: 7 }`, /delete.after: must be text such as "30d"/],
  [`${least}\ndelete:`, /policies.yaml:6:\d+: policies\[0\].delete: must be a mapping, found nothing/],
  [`${least}\nlimits: { maxMessages: 0 }`, /limits.maxMessages: must be at least 1/],
  [`${least}\nlimits: { maxPercent: 60% }`, /limits.maxPercent: must be a number, found text/],
  [`${least}\nlimits: { maxBytes: 20 GB free }`, /limits.maxBytes: found "20 GB free", not a size/],
  [`${least}\nretain: 0y`, /retain: found "0y", must be above zero/],
  [`${least}\norder: { by: newest }`, /order.by: found "newest";.* allowed: oldest, largest/],
];

for (const [lines, problem] of refused) {
  test(`${lines.replace(`${least}\n`, '').replaceAll('\n', ', ')} is refused`, async (t) => {
    const problems = await problemsOf(t, {
      'mothball.yaml': withPolicies,
      'policies.yaml': policyFile(lines),
    });
    assert.equal(problems.length, 1, problems.join('\n'));
    assert.match(problems[0] ?? '', problem);
  });
}

test('names of policies and holds are unique over all files', async (t) => {
  const problems = await problemsOf(t, {
    'mothball.yaml': withPolicies.replace('[policies.yaml]', '["*-p.yaml"]'),
    'a-p.yaml': `${policyFile(least)}holds: [{ name: p }, { name: h }]\n`,
    'b-p.yaml': `${policyFile(least)}holds: [{ name: h }]\n`,
  });
  assert.deepEqual(problems, [
    'b-p.yaml:3:11: policies[0].name: there is already a policy "p", at a-p.yaml:3; names must be unique across all files',
    'b-p.yaml:6:17: holds[0].name: there is already a hold "h", at a-p.yaml:6; names must be unique across all files',
  ]);
});
