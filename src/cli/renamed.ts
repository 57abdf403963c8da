import { accountKey, type AccountRef } from '../domain/account.ts';

/**
 * Warnings about archives of accounts that are not configured: an account with a new name counts as
 * another one, and its mail is archived again.
 */
export function renamedWarnings(
  archived: readonly AccountRef[],
  configured: readonly AccountRef[],
  servers: ReadonlySet<string>,
): readonly string[] {
  const lost = archived.filter(({ server }) => !servers.has(server));
  const known = new Set(configured.map(accountKey));
  const unknown = archived.filter((ref) => servers.has(ref.server) && !known.has(accountKey(ref)));
  const renamed = (command: string, old: string): string =>
    `if it was only renamed, run \`mothball ${command} ${old} NEW\`, or its mail will be archived a second time`;
  return [
    ...[...new Set(lost.map(({ server }) => server))].map(
      (server) =>
        `there are archives of server "${server}", which is not configured: ${renamed('rename-server', server)}`,
    ),
    ...unknown
      .slice(0, 1)
      .map(
        ({ server, account }) =>
          `there are archives of ${account} on server ${server}${unknown.length > 1 ? ` and ${unknown.length - 1} more` : ''}, which is not configured: ${renamed('rename-account', account)}`,
      ),
  ];
}
