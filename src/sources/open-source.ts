/**
 * `sources/`: where accounts, and quotas, are listed outside of mothball.yaml: files, databases, directories
 * and APIs, behind `ports/account-source.ts` and `ports/quota-source.ts`. They read rows; what the rows mean is pure and in
 * `domain/account-list.ts`.
 * May import `ports`, `domain`, `errors.ts` and types of `config`; csv-parse, ldapts and mysql2 are known
 * here only.
 */
import { mkdir, open, rename, rm } from 'node:fs/promises';
import { dirname } from 'node:path';
import type { AccountSourceConfig } from '../config/account-sources.ts';
import type { SourceRow } from '../domain/account-list.ts';
import type { ListSource } from '../ports/account-source.ts';
import { csvRows, directoryRows, yamlRows } from './files.ts';
import { reading } from './reading.ts';

export function accountSource(config: AccountSourceConfig): ListSource {
  return {
    name: config.name,
    rows: (signal) => reading(signal, (bounded) => rowsOf(config, bounded)),
  };
}

async function rowsOf(config: AccountSourceConfig, signal: AbortSignal): Promise<readonly SourceRow[]> {
  switch (config.type) {
    case 'csv':
      return csvRows(config.path, signal);
    case 'yaml':
      return yamlRows(config.path);
    case 'directory':
      return directoryRows(config.path);
    case 'sql':
      return (await import('./sql.ts')).sqlRows(config, signal);
    case 'ldap':
      return (await import('./ldap.ts')).ldapRows(config, signal);
    case 'http':
      return (await import('./http.ts')).httpRows(config, signal);
    case 'doveadm':
      return (await import('./doveadm.ts')).doveadmRows(config, signal);
  }
}

/** Writes a file whole or not at all, readable by its owner alone. */
export async function replaceFile(path: string, text: string): Promise<void> {
  await mkdir(dirname(path), { recursive: true, mode: 0o700 });
  const temporary = `${path}.${process.pid}.tmp`;
  try {
    await using file = await open(temporary, 'w', 0o600);
    await file.writeFile(text);
    await file.sync();
  } catch (error) {
    await rm(temporary, { force: true });
    throw error;
  }
  await rename(temporary, path);
}
