/** Canaries: the lint rules that hold the arrow of imports fire on what they forbid and on nothing else. */
import assert from 'node:assert/strict';
import test, { before } from 'node:test';
import { lint, type Verdict } from './lint.ts';

const adapters = [
  'imap',
  'store',
  'catalog',
  'codec',
  'config',
  'queue',
  'mailfiles',
  'schedule',
  'web',
  'age',
  'discover',
  'sources',
  'oauth',
  'delivery',
];

/** The rooms of the use cases, and which others each may import. */
const rooms: Readonly<Record<string, readonly string[]>> = {
  run: ['plan', 'archive', 'purge', 'notice', 'preflight', 'work'],
  plan: ['work'],
  archive: ['read', 'preflight', 'work'],
  purge: ['plan', 'archive', 'preflight', 'work'],
  restore: ['archive', 'read', 'work'],
  import: ['restore', 'archive', 'preflight', 'work'],
  expire: ['read', 'preflight', 'work'],
  upkeep: ['archive', 'read', 'preflight', 'work'],
  notice: ['plan', 'watch', 'work'],
  watch: ['preflight'],
  read: ['work'],
  preflight: [],
  work: ['preflight'],
};
const roomNames = Object.keys(rooms);

/** The modules that each file must not import. */
const forbidden: Readonly<Record<string, string>> = {
  'src/domain/canary.ts': `node:fs node:fs/promises node:buffer fs zod re2js ../errors.ts ../format/mboxrd.ts ../ports/mail.ts ../imap/mail.ts ../cli/run.ts ${beside('../', roomNames)}`,
  'src/domain/glob.ts': 'zod node:process node:fs/promises ../errors.ts',
  'src/format/canary.ts': `node:fs node:fs/promises node:stream zod ../ports/mail.ts ../codec/slabs.ts ${beside('../', roomNames)}`,
  'src/format/receipt.ts': `node:fs postal-mime ../ports/mail.ts ${beside('../', roomNames)}`,
  'src/ports/canary.ts': `node:fs node:fs/promises imapflow ../format/mboxrd.ts ../imap/mail.ts ../errors.ts ${beside('../', roomNames)}`,
  'src/errors.ts': 'node:util ./domain/brands.ts ./purge/purge.ts',
  'src/metrics/canary.ts': `node:fs fastify ../compose.ts ../catalog/canary.ts ../web/canary.ts ${beside('../', allBut(roomNames, ['work']))}`,
  'src/compose.ts': './cli/run.ts ./main.ts',
  'src/main.ts': './compose.ts ./purge/purge.ts ./imap/mail.ts commander',
  'src/cli/canary.ts': `../main.ts imapflow kysely pino ../config/secret.ts ${beside('../', allBut(adapters, ['config']))}`,
  'src/daemon/canary.ts': `../main.ts ../log/log.ts ../cli/run.ts ../config/load.ts ../config/secret.ts pino imapflow node-cron ${beside('../', adapters)}`,
  'src/log/canary.ts': `node:fs ../compose.ts ../daemon/daemon.ts ${beside('../', roomNames)}`,
  // The page asks and never acts.
  'src/web/canary.ts': `../compose.ts ../main.ts imapflow kysely ${beside('../', allBut(roomNames, ['watch', 'read']))}`,
  'src/web/pages/canary.ts': `../../compose.ts ../../main.ts ../../cli/run.ts ../../daemon/active-config.ts imapflow kysely ${beside('../../', [...adapters, ...allBut(roomNames, ['watch', 'read'])])}`,
  'src/documents/canary.ts': `node:fs fastify ../main.ts ../compose.ts ../cli/run.ts ${beside('../', [...adapters, 'daemon', ...allBut(roomNames, ['watch', 'work'])])}`,
  'src/catalog/migrations/canary.ts': '../../config/load.ts ../../purge/purge.ts',
  'test/oracle/canary.ts': '../../src/format/mboxrd.ts',
  'test/corpus/canary.ts': '../../src/domain/size.ts',
  'test/servers/canary.ts': '../../src/imap/wire.ts',
  ...Object.fromEntries(
    adapters
      .filter((name) => name !== 'web')
      .map((name) => [
        `src/${name}/canary.ts`,
        `../compose.ts ../main.ts ../cli/run.ts commander ${beside('../', [...allBut(adapters, [name]), ...roomNames])}`,
      ]),
  ),
  ...Object.fromEntries(
    Object.entries(rooms).map(([room, may]) => [
      `src/${room}/canary.ts`,
      `imapflow kysely prom-client node-cron ../metrics/registry.ts ../main.ts ../compose.ts ../cli/run.ts ../log/log.ts ${beside('../', ['daemon', 'documents', ...adapters, ...allBut(roomNames, [room, ...may])])}`,
    ]),
  ),
};

/** Modules that each file may import. */
const allowed: Readonly<Record<string, string>> = {
  'src/domain/glob.ts': './brands.ts re2js',
  'src/format/canary.ts': './mboxrd.ts ../domain/brands.ts ../errors.ts node:buffer node:crypto node:zlib',
  'src/ports/canary.ts': './mail.ts ../domain/brands.ts',
  'src/imap/canary.ts':
    './wire.ts ../ports/mail.ts ../domain/uid-set.ts ../errors.ts imapflow node:fs node:fs/promises',
  'src/catalog/canary.ts': './migrations/all.ts kysely node:sqlite ../ports/catalog.ts',
  'src/metrics/canary.ts': './registry.ts ../work/report.ts ../ports/mail.ts ../domain/plan.ts prom-client',
  'src/web/canary.ts':
    './server.ts ../ports/mail.ts ../domain/plan.ts ../errors.ts ../watch/status.ts ../documents/runs.ts fastify node:zlib',
  'src/web/pages/canary.ts':
    '../html.ts ../charts/bar.ts ../../watch/fleet.ts ../../read/wanted.ts ../../ports/mail.ts ../../domain/plan.ts d3-shape',
  'src/documents/canary.ts': './runs.ts ../watch/status.ts ../ports/mail.ts ../domain/plan.ts zod',
  'src/compose.ts': './imap/mail.ts ./store/local.ts ./purge/purge.ts',
  'src/cli/canary.ts': '../compose.ts ../purge/purge.ts ../config/load.ts ../domain/size.ts commander',
  'src/daemon/canary.ts':
    './site.ts ../compose.ts ../run/run.ts ../documents/report-message.ts ../metrics/metrics.ts ../config/config.ts ../domain/plan.ts node:os',
  'src/log/canary.ts': 'pino ../ports/log.ts ../domain/printable.ts',
  'src/schedule/canary.ts': 'node-cron ../ports/schedule.ts ../domain/schedule-due.ts',
  'src/oauth/canary.ts':
    './grants.ts openid-client jose ../ports/tokens.ts ../domain/account.ts ../errors.ts node:http',
  'src/queue/canary.ts': 'p-queue ../ports/queue.ts',
  'src/sources/canary.ts':
    './files.ts ../ports/account-source.ts ../domain/account-list.ts ldapts csv-parse pg node:sqlite',
  'src/delivery/canary.ts':
    './smtp.ts ../ports/delivery.ts ../domain/printable.ts ../errors.ts nodemailer node:fs',
  'src/discover/canary.ts': './web.ts ../domain/profiles.ts ../errors.ts fast-xml-parser node:https',
  'src/main.ts': './cli/program.ts ./log/log.ts ./errors.ts node:process',
  ...Object.fromEntries(
    Object.entries(rooms).map(([room, may]) => [
      `src/${room}/canary.ts`,
      `./beside.ts ../ports/mail.ts ../domain/plan.ts ../format/mboxrd.ts ../errors.ts node:crypto ${beside('../', may)}`.trim(),
    ]),
  ),
};

let found: readonly Verdict[];

before(async () => {
  const files = new Map<string, string>();
  for (const [file, modules] of Object.entries(forbidden)) {
    const may = modulesIn(allowed[file]);
    files.set(file, [...modulesIn(modules), ...may].map((module) => `import '${module}';\n`).join(''));
  }
  files.set('src/imap/types.ts', "export type { ServerConfig } from '../config/config.ts';\n");
  files.set('src/imap/values.ts', "export { ServerConfig } from '../config/config.ts';\n");
  files.set('src/oauth/types.ts', "export type { OAuthConfig } from '../config/oauth.ts';\n");
  files.set('src/oauth/values.ts', "export { Secret } from '../config/secret.ts';\n");
  files.set('src/ports/types.ts', "export type { Manifest } from '../format/manifest-types.ts';\n");
  files.set('src/domain/late.ts', "export const late = import('../imap/mail.ts');\n");
  files.set('src/domain/passed-on.ts', "export * from '../store/local.ts';\n");
  found = (await lint(files)).filter(({ rule }) => rule === 'no-restricted-imports');
});

for (const [file, modules] of Object.entries(forbidden)) {
  test(`${file} may import what its layer may, and nothing else`, () => {
    const lines = new Set(found.filter((verdict) => verdict.file === file).map(({ line }) => line));
    const all = [...modulesIn(modules), ...modulesIn(allowed[file])];
    assert.deepEqual(
      all.filter((_module, index) => lines.has(index + 1)),
      modulesIn(modules),
    );
  });
}

const more: readonly (readonly [file: string, verdict: string, refused: boolean])[] = [
  ['src/imap/types.ts', 'imap may import types of the configuration', false],
  ['src/imap/values.ts', 'imap may not import values of the configuration', true],
  ['src/oauth/types.ts', 'oauth may import types of the configuration', false],
  ['src/oauth/values.ts', 'oauth may not import values of the configuration', true],
  ['src/ports/types.ts', 'ports may import types of a format', false],
  ['src/domain/late.ts', 'import() is held to the arrow too', true],
  ['src/domain/passed-on.ts', 'export from is held to the arrow too', true],
];

for (const [file, verdict, refused] of more) {
  test(verdict, () => {
    assert.equal(
      found.some((one) => one.file === file),
      refused,
    );
  });
}

function beside(prefix: string, folders: readonly string[]): string {
  return folders.map((folder) => `${prefix}${folder}/canary.ts`).join(' ');
}

function allBut(names: readonly string[], left: readonly string[]): readonly string[] {
  return names.filter((name) => !left.includes(name));
}

function modulesIn(list: string | undefined): readonly string[] {
  return list === undefined ? [] : list.split(' ').filter(Boolean);
}
