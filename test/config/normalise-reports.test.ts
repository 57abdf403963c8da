import assert from 'node:assert/strict';
import { join } from 'node:path';
import test from 'node:test';
import { inspect } from 'node:util';
import { loadConfig } from '../../src/config/load.ts';
import { directoryWith, noSecrets, problemsOf, smallest } from './files.ts';

const mail = (more: string): string => `{ mail: { to: [a@example.com], from: b@example.com, ${more} } }`;
const host = 'host: smtp.example.com';

async function load(t: Parameters<typeof directoryWith>[0], reports: string) {
  const yaml = `${smallest}reports: ${reports}\n`;
  const directory = await directoryWith(t, { pw: 'hunter2', ca: 'x', 'mothball.yaml': yaml });
  return { directory, config: await loadConfig(join(directory, 'mothball.yaml'), noSecrets) };
}

test('reports have their defaults: daily at seven, STARTTLS', async (t) => {
  const { config } = await load(t, mail(host));
  assert.deepEqual(config.reports, {
    schedule: '0 7 * * *',
    timezone: 'UTC',
    fullWithin: { count: 14, unit: 'd' },
    mail: {
      to: ['a@example.com'],
      from: 'b@example.com',
      host: 'smtp.example.com',
      port: 587,
      tls: 'starttls',
      caFile: null,
      login: null,
    },
    webhook: null,
  });
});

test('every key counts, secrets print as such, and their files ask for a reload', async (t) => {
  const text = `{ schedule: '30 6 * * 1', timezone: Europe/Warsaw, fullWithin: 8w,
    mail: { to: [a@example.com, b@example.com], from: m@example.com, host: '[::1]', tls: implicit, caFile: ca, user: m, passwordFile: pw },
    webhook: { url: 'https://hooks.example.com/x', tokenFile: pw } }`;
  const { config, directory } = await load(t, text);
  const { reports } = config;
  assert.deepEqual([reports?.schedule, reports?.timezone], ['30 6 * * 1', 'Europe/Warsaw']);
  assert.deepEqual([reports?.mail?.host, reports?.mail?.port], ['::1', 465]);
  assert.equal(await reports?.mail?.login?.password.read(), 'hunter2');
  assert.doesNotMatch(`${JSON.stringify(config)} ${inspect(config, { depth: 9 })}`, /hunter2/);
  for (const name of ['ca', 'pw']) assert.ok(config.sources.files.includes(join(directory, name)));
});

test('a report in the clear to another machine is a warning where it was asked for', async (t) => {
  const { config } = await load(t, mail(`${host}, tls: none, insecure: true`));
  assert.ok(config.warnings.some((line) => /reports: insecure: true/.test(line)));
  assert.equal(config.reports?.mail?.port, 25);
  assert.deepEqual((await load(t, mail('host: localhost, tls: none'))).config.warnings, []);
});

for (const [reports, problem] of [
  ['{}', /reports: needs mail, webhook or both/],
  ['{ mial: {} }', /did you mean "mail"/],
  [mail(`${host}, tls: none`), /reports\.mail\.tls: tls: none sends the report/],
  [mail(`${host}, insecure: true`), /reports\.mail\.insecure: is valid only with tls: none/],
  [mail('host: localhost, tls: none, caFile: ca'), /reports\.mail\.caFile: needs TLS/],
  [mail(`${host}, passwordFile: pw`), /a password needs user/],
  [mail(`${host}, user: m`), /exactly one of passwordFile, passwordEnv, passwordCommand/],
  [mail(`${host}, user: m, passwordFile: gone`), /gone does not exist/],
  [
    '{ mail: { to: ["a@example.com\\nBcc: c@example.com"], from: b@example.com, host: h } }',
    /must be a mail address/,
  ],
  ['{ mail: { to: [], from: b@example.com, host: h } }', /reports\.mail\.to/],
  ['{ webhook: { url: "http://hooks.example.com" } }', /must be an https address/],
  ['{ webhook: { url: "https://u:p@hooks.example.com" } }', /must be an https address/],
  [
    '{ webhook: { url: "https://h.example.com", tokenFile: pw, tokenEnv: T } }',
    /needs exactly one of tokenFile/,
  ],
  [mail(host).replace('{', '{ schedule: "*/5 * * * *",'), /at most once a day/],
  [mail(host).replace('{', '{ schedule: "0 7 * *",'), /not a schedule/],
  [mail(host).replace('{', '{ timezone: Mars,'), /not an IANA time zone/],
] as const) {
  test(`reports: ${reports} is refused, without a secret in the message`, async (t) => {
    const problems = await problemsOf(t, { 'mothball.yaml': `${smallest}reports: ${reports}\n` });
    assert.match(problems.join('\n'), problem);
    assert.doesNotMatch(problems.join('\n'), /hunter2/);
  });
}
