import assert from 'node:assert/strict';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Archive, readArchives } from '../oracle/archives.ts';
import { type CallOptions, mothball, mothballProcess, type ProcessOptions, type Result } from './mothball.ts';

type Json = Readonly<Record<string, unknown>>;

export interface SiteWish {
  /** Entry of `servers`; plaintext on loopback unless `tls` says otherwise. */
  readonly server: Json & { readonly port: number };
  readonly users?: readonly string[];
  /** Entries of `accounts` in place of users with the usual password. */
  readonly accounts?: readonly Json[];
  readonly policies: readonly Json[];
  readonly holds?: readonly Json[];
  readonly archivePath?: string;
  /** More top-level keys. */
  readonly extra?: Json;
}

/** A directory with a configuration, a password and an archive: one installation of Mothball. */
export interface Site {
  readonly dir: string;
  readonly archiveDir: string;
  readonly database: string;
  /** Writes mothball.yaml and the policies anew, with these changes. */
  configure(changes: Partial<SiteWish>): Promise<void>;
  /** Runs a command in the process of the test. */
  run(args: readonly string[], options?: Partial<CallOptions>): Promise<Result>;
  /** Runs a command in a process of its own: where the process is what is tested. */
  runProcess(args: readonly string[], options?: Partial<ProcessOptions>): Promise<Result>;
  /** Runs with `--json`, checks exit code and schema field, returns the document. */
  json<T extends object>(args: readonly string[], code?: number): Promise<T>;
  archives(): readonly Archive[];
  removeDatabase(): Promise<void>;
  remove(): Promise<void>;
}

/** A configuration in a private directory. JSON is YAML, and easier to write from a test. */
export async function makeSite(wish: SiteWish): Promise<Site> {
  const dir = await mkdtemp(join(tmpdir(), 'mothball-'));
  let current = wish;
  const archiveDir = wish.archivePath ?? join(dir, 'archive');
  const database = join(dir, 'mothball.db');
  await writeFile(join(dir, 'password'), 'secret\n', { mode: 0o600 });
  await write(dir, current);
  const run: Site['run'] = (args, options = {}) => mothball(args, { cwd: dir, ...options });
  return {
    dir,
    archiveDir,
    database,
    async configure(changes) {
      current = { ...current, ...changes };
      await write(dir, current);
    },
    run,
    runProcess: (args, options = {}) => mothballProcess(args, { cwd: dir, ...options }),
    async json<T extends object>(args: readonly string[], code = 0): Promise<T> {
      const result = await run([...args, '--json']);
      assert.equal(result.code, code, `${args.join(' ')}: ${describe(result)}`);
      const document: T & { readonly schema?: unknown } = JSON.parse(result.stdout);
      assert.equal(typeof document.schema, 'string', `${args.join(' ')} --json has no schema field`);
      return document;
    },
    archives: () => readArchives(archiveDir),
    async removeDatabase() {
      for (const ending of ['', '-wal', '-shm']) await rm(`${database}${ending}`, { force: true });
    },
    remove: () => rm(dir, { recursive: true, force: true, maxRetries: 5 }),
  };
}

async function write(dir: string, wish: SiteWish): Promise<void> {
  const users = wish.users ?? ['alice'];
  const accounts = wish.accounts ?? [{ users, server: 'main', passwordFile: './password' }];
  const config = {
    version: 1,
    servers: { main: { host: '127.0.0.1', tls: 'none', ...wish.server } },
    accounts,
    stores: { local: { type: 'local', path: wish.archivePath ?? './archive', ephemeral: true } },
    database: 'sqlite:./mothball.db',
    policies: ['policies.yaml'],
    ...wish.extra,
  };
  await writeFile(join(dir, 'mothball.yaml'), JSON.stringify(config, null, 2));
  const policies = {
    version: 1,
    policies: wish.policies,
    ...(wish.holds === undefined ? {} : { holds: wish.holds }),
  };
  await writeFile(join(dir, 'policies.yaml'), JSON.stringify(policies, null, 2));
}

/** What a failed assertion should show of a run. */
export function describe(result: Result): string {
  return `exit ${result.code ?? result.signal}\n${result.stdout.slice(-3_000)}\n${result.stderr.slice(-3_000)}`;
}

/** All that a run printed. */
export function said(result: Result): string {
  return result.stdout + result.stderr;
}

export function assertExit(result: Result, code: number): void {
  assert.equal(result.code, code, describe(result));
}

/** An enforcing policy that archives and deletes at once what is older than so many days. */
export function policy(name: string, days: number, changes: Json = {}): Json {
  return {
    name,
    mode: 'enforce',
    match: { olderThan: `${days}d` },
    archive: { to: 'local' },
    delete: { after: '0d' },
    limits: { maxPercent: 100 },
    ...changes,
  };
}
