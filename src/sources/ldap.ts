import { readFile } from 'node:fs/promises';
import { Client } from 'ldapts';
import type { AccountSourceConfig } from '../config/account-sources.ts';
import type { SourceRow } from '../domain/account-list.ts';
import { answerMs, requireRows } from './bounds.ts';

type LdapConfig = Extract<AccountSourceConfig, { type: 'ldap' }>;

/** Entries below the base that the filter finds, by pages (RFC 2696): directories refuse long answers. */
export async function ldapRows(config: LdapConfig, signal: AbortSignal): Promise<readonly SourceRow[]> {
  const tlsOptions = config.caFile === null ? {} : { ca: [await readFile(config.caFile)] };
  const secure = config.url.startsWith('ldaps:');
  const client = new Client({
    url: config.url,
    timeout: answerMs,
    connectTimeout: answerMs,
    ...(secure ? { tlsOptions } : {}),
  });
  const stop = (): void => void client.unbind().catch(() => undefined);
  signal.addEventListener('abort', stop, { once: true });
  try {
    if (config.startTls) await client.startTLS(tlsOptions);
    await client.bind(config.bindDn, await config.password.read());
    const rows: SourceRow[] = [];
    const wanted = attributesOf(config);
    const spelled = new Map(wanted.map((name) => [name.toLowerCase(), name]));
    const search = client.searchPaginated(config.base, {
      scope: 'sub',
      filter: config.search,
      paged: { pageSize: 500 },
      ...(wanted.length === 0 ? {} : { attributes: wanted }),
    });
    for await (const { searchEntries } of search) {
      for (const entry of searchEntries) rows.push(rowOf(entry, spelled));
      requireRows(rows.length);
    }
    return rows;
  } finally {
    signal.removeEventListener('abort', stop);
    await client.unbind().catch(() => undefined);
  }
}

/** Only the attributes that the mapping names. */
function attributesOf({ mapping }: LdapConfig): string[] {
  const named = Object.values(mapping.columns).flatMap((column) =>
    column.includes('{') ? [...column.matchAll(/\{([^{}]+)\}/g)].map(([, name = '']) => name) : [column],
  );
  const templates = [...(mapping.passwordFile ?? '').matchAll(/\{([^{}]+)\}/g)].map(([, name = '']) => name);
  return [...new Set([...named, ...templates])].filter((name) => name !== 'dn' && name !== 'user');
}

/** Names of attributes are the same in any case (RFC 4512 §2.5); the mapping's spelling is what counts. */
function rowOf(entry: Readonly<Record<string, unknown>>, spelled: ReadonlyMap<string, string>): SourceRow {
  return Object.fromEntries(
    Object.entries(entry).map(([name, value]) => [spelled.get(name.toLowerCase()) ?? name, value]),
  );
}
