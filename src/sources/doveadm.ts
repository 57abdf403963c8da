import { Buffer } from 'node:buffer';
import type { AccountSourceConfig, DoveadmApi, DoveadmQuotaConfig } from '../config/account-sources.ts';
import type { SourceRow } from '../domain/account-list.ts';
import { quotasOfRows } from '../domain/doveadm-quota.ts';
import type { QuotaSource } from '../ports/quota-source.ts';
import { answerMs, readingMs, requireRows } from './bounds.ts';
import { recordOf } from './files.ts';
import { parsedJson, request, unusable } from './http.ts';
import { reading } from './reading.ts';

type DoveadmConfig = Extract<AccountSourceConfig, { type: 'doveadm' }>;

/** The users that Dovecot's userdb lists: `doveadm user MASK` over HTTP. */
export async function doveadmRows(config: DoveadmConfig, signal: AbortSignal): Promise<readonly SourceRow[]> {
  const command = { name: 'user', parameters: { userMask: [config.mask] }, withinMs: answerMs };
  const rows = usersOf(await commanded(config, command, signal));
  requireRows(rows.length);
  return rows;
}

/** `doveadm quota get -A` over HTTP: the quota roots of every user in one answer. */
export function doveadmQuotas(config: DoveadmQuotaConfig): QuotaSource {
  const command = { name: 'quotaGet', parameters: { allUsers: true }, withinMs: readingMs };
  return {
    quotas: (signal) =>
      reading(signal, async (bounded) => {
        const result = await commanded(config, command, bounded);
        if (!Array.isArray(result)) throw unusable('doveadm answers no list of quotas');
        requireRows(result.length);
        return quotasOfRows(result.map(recordOf), config.ignoreRoots);
      }),
  };
}

interface Command {
  readonly name: string;
  readonly parameters: object;
  readonly withinMs: number;
}

/** What one command answers (Dovecot 2.3). @throws {MothballError} */
async function commanded(
  { url, password, caFile }: DoveadmApi,
  { name, parameters, withinMs }: Command,
  signal: AbortSignal,
): Promise<unknown> {
  const credentials = Buffer.from(`doveadm:${await password.read()}`).toString('base64');
  const headers = { 'content-type': 'application/json', authorization: `Basic ${credentials}` };
  const body = JSON.stringify([[name, parameters, 'mothball']]);
  const answer = parsedJson((await request(url, { headers, body, caFile, signal, withinMs })).body);
  const [kind, result] = listOf(listOf(answer)[0]);
  if (kind === 'doveadmResponse') return result;
  throw unusable(`doveadm answers ${JSON.stringify(result ?? null).slice(0, 200)}`);
}

function listOf(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : [];
}

/** A mask with wildcards gives `{"userList": […]}`, a name its own fields under the name (Dovecot 2.3). */
function usersOf(result: unknown): readonly SourceRow[] {
  const record = recordOf(result);
  if (Object.hasOwn(record, 'userList'))
    return listOf(record['userList']).map((user) => (typeof user === 'string' ? { user } : {}));
  return Object.entries(record).map(([user, fields]) => ({ ...recordOf(fields), user }));
}
