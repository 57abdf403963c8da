import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import test from 'node:test';
import { loadConfig } from '../../src/config/load.ts';
import { directoryWith, noSecrets, policyFile, problemsOf, smallest } from './files.ts';

function recipient(): string {
  const text = execFileSync('age-keygen', { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] });
  return /age1\S+/.exec(text)?.[0] ?? '';
}

const [one, two] = [recipient(), recipient()];
const secret = 'AGE-SECRET-KEY-1HUNTER2HUNTER2HUNTER2';
const local = (encryption: string): string =>
  `${smallest}stores:\n  local: { type: local, path: ./archive, encryption: ${encryption} }\n`;

test('recipients come from the file, from mothball.yaml, or from both, each once', async (t) => {
  const list = `# who may read\n${two}\r\n\n  ${one}\n`;
  for (const [encryption, recipients] of [
    [`{ recipients: [${one}] }`, [one]],
    ['{ recipientsFile: team.txt }', [two, one]],
    [`{ recipients: [${one}], recipientsFile: team.txt }`, [one, two]],
  ] as const) {
    const files = { pw: 'x', 'team.txt': list, 'mothball.yaml': local(encryption) };
    const directory = await directoryWith(t, files);
    const config = await loadConfig(join(directory, 'mothball.yaml'), noSecrets);
    assert.deepEqual(config.stores.get('local')?.encryption?.recipients, recipients);
    const watched = config.sources.files.includes(join(directory, 'team.txt'));
    assert.equal(watched, encryption.includes('recipientsFile'));
  }
});

test('a bucket takes recipients too, and no store needs any', async (t) => {
  const text = `${smallest}stores:\n  cold: { type: s3, bucket: mail, encryption: { recipients: [${one}] } }\n  bare: { type: local, path: x }\n`;
  const directory = await directoryWith(t, { pw: 'x', 'mothball.yaml': text });
  const { stores } = await loadConfig(join(directory, 'mothball.yaml'), noSecrets);
  assert.deepEqual(stores.get('cold')?.encryption, { recipients: [one], file: null });
  assert.equal(stores.get('bare')?.encryption, null);
});

for (const [what, encryption, list, problem] of [
  ['nobody', '{}', '', /^mothball.yaml:7:\d+: stores.local.encryption: needs recipients or recipientsFile$/],
  [
    'a letter wrong',
    `{ recipients: [${one.slice(0, -1)}] }`,
    '',
    /recipients\[0\]: is no age recipient: a letter/,
  ],
  ['a secret key', `{ recipients: [${one}, ${secret}] }`, '', /recipients\[1\]: holds a secret key/],
  [
    'a secret key in the file',
    '{ recipientsFile: team.txt }',
    `# x\n${secret}`,
    /recipientsFile: line 2 of team.txt holds a secret key/,
  ],
  ['an empty file', '{ recipientsFile: team.txt }', '# nobody', /team.txt has no age recipient/],
  ['no file', '{ recipientsFile: other.txt }', '', /other.txt can't be read \(ENOENT\)/],
] as const) {
  test(`encryption to ${what} is a problem at its place, told without what stands there`, async (t) => {
    const problems = await problemsOf(t, { 'team.txt': list, 'mothball.yaml': local(encryption) });
    assert.match(problems[0] ?? '', problem);
    assert.doesNotMatch(problems.join('\n'), /HUNTER2/i);
  });
}

test('the text of mail is indexed where a policy says so, and never that of an encrypted store', async (t) => {
  const wanted = 'match: { olderThan: 2y }\narchive: { to: local }\nindex: { text: true }';
  const files = {
    'mothball.yaml': `${local(`{ recipients: [${one}] }`)}policies: [policies.yaml]\n`,
    'policies.yaml': policyFile(wanted),
  };
  const [problem, ...others] = await problemsOf(t, files);
  assert.match(
    problem ?? '',
    /^\S*policies.yaml:6:\d+: policies\[0\].index.text: store "local" is encrypted, and/,
  );
  assert.deepEqual(others, []);
  for (const index of ['index: { text: false }', 'index: {}', 'index: { text: true }']) {
    const plain = index.includes('true') ? { 'mothball.yaml': `${smallest}policies: [policies.yaml]\n` } : {};
    const changed = { 'policies.yaml': policyFile(wanted.replace('index: { text: true }', index)), ...plain };
    assert.deepEqual(await problemsOf(t, { ...files, ...changed }), [], index);
  }
});
