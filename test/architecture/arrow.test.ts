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
];

/** The modules that each file must not import. */
const forbidden: Readonly<Record<string, string>> = {
  'src/domain/canary.ts':
    'node:fs node:fs/promises node:buffer fs zod re2js ../errors.ts ../format/mboxrd.ts ../ports/mail.ts ../imap/mail.ts ../purge.ts ../cli/run.ts',
  'src/domain/glob.ts': 'zod node:process node:fs/promises ../errors.ts',
  'src/format/canary.ts':
    'node:fs node:fs/promises node:stream zod ../ports/mail.ts ../codec/slabs.ts ../purge.ts',
  'src/ports/canary.ts':
    'node:fs node:fs/promises imapflow ../format/mboxrd.ts ../imap/mail.ts ../purge.ts ../errors.ts',
  'src/errors.ts': 'node:util ./domain/brands.ts ./purge.ts',
  'src/metrics/canary.ts': 'node:fs fastify ../purge.ts ../compose.ts ../catalog/canary.ts ../web/canary.ts',
  'src/metrics.ts': 'prom-client ./purge.ts ./web/canary.ts',
  'src/canary.ts': `imapflow kysely prom-client node-cron ./metrics/registry.ts ./main.ts ./compose.ts ./daemon.ts ./log.ts ./cli/run.ts ${beside('./', adapters)}`,
  'src/compose.ts': './cli/run.ts ./main.ts',
  'src/main.ts': './compose.ts ./purge.ts ./imap/mail.ts commander',
  'src/cli/canary.ts': `../main.ts imapflow kysely ../config/secret.ts ${beside(
    '../',
    adapters.filter((name) => name !== 'config'),
  )}`,
  'src/daemon.ts': `./main.ts ./log.ts ./cli/run.ts ./config/load.ts imapflow node-cron ${beside('./', adapters)}`,
  'src/daemon/canary.ts': `../main.ts ../log.ts ../daemon.ts ../cli/run.ts ../config/secret.ts pino ${beside('../', adapters)}`,
  'src/log.ts': 'node:fs ./purge.ts ./compose.ts ./daemon.ts',
  // The page asks and never acts.
  'src/web/pages/canary.ts': `../../purge.ts ../../archive.ts ../../run.ts ../../erase.ts ../../restore.ts ../../pause.ts ../../compose.ts ../../daemon.ts ../../main.ts ../../cli/run.ts ../../daemon/site.ts imapflow kysely ${beside('../../', adapters)}`,
  'src/documents/canary.ts': `node:fs fastify ../main.ts ../compose.ts ../daemon.ts ../cli/run.ts ${beside('../', adapters)}`,
  'src/catalog/migrations/canary.ts': '../../config/load.ts ../../purge.ts',
  'test/oracle/canary.ts': '../../src/format/mboxrd.ts',
  'test/corpus/canary.ts': '../../src/domain/size.ts',
  'test/servers/canary.ts': '../../src/imap/wire.ts',
  ...Object.fromEntries(
    adapters.map((name) => [
      `src/${name}/canary.ts`,
      `../purge.ts ../compose.ts ../main.ts ../cli/run.ts commander ${beside(
        '../',
        adapters.filter((other) => other !== name),
      )}`,
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
  'src/metrics/canary.ts': './registry.ts ../run-report.ts ../ports/mail.ts ../domain/plan.ts prom-client',
  'src/metrics.ts': './metrics/registry.ts ./run-report.ts ./ports/mail.ts ./domain/plan.ts',
  'src/web/canary.ts':
    './server.ts ../ports/mail.ts ../domain/plan.ts ../errors.ts ../status.ts ../documents/runs.ts fastify node:zlib',
  'src/web/pages/canary.ts':
    '../html.ts ../charts/bar.ts ../../fleet.ts ../../ports/mail.ts ../../domain/plan.ts d3-shape',
  'src/documents/canary.ts': './runs.ts ../status.ts ../ports/mail.ts ../domain/plan.ts zod',
  'src/canary.ts':
    './metrics.ts ./archive.ts ./ports/mail.ts ./domain/plan.ts ./format/mboxrd.ts node:crypto',
  'src/compose.ts': './imap/mail.ts ./store/local.ts ./purge.ts',
  'src/cli/canary.ts': '../compose.ts ../purge.ts ../config/load.ts ../domain/size.ts commander',
  'src/daemon.ts': './compose.ts ./metrics.ts ./daemon/site.ts ./config/config.ts ./ports/log.ts',
  'src/daemon/canary.ts': './site.ts ../compose.ts ../run.ts ../config/config.ts ../domain/plan.ts node:os',
  'src/log.ts': 'pino ./ports/log.ts ./domain/printable.ts',
  'src/schedule/canary.ts': 'node-cron ../ports/schedule.ts ../domain/schedule-due.ts',
  'src/queue/canary.ts': 'p-queue ../ports/queue.ts',
  'src/main.ts': './cli/program.ts ./errors.ts node:process',
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

function modulesIn(list: string | undefined): readonly string[] {
  return list === undefined ? [] : list.split(' ');
}
