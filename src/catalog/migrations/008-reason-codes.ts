import type { Migration } from './migration.ts';

/**
 * Why a line was kept is stored as a code (domain/reason.ts), no longer as the sentence that people
 * read. A sentence that no released version wrote is kept as it was, under the code `other`.
 */
export const reasonCodes: Migration = {
  number: 8,
  name: 'reason-codes',
  sql: `
    UPDATE lines SET reason = CASE
      WHEN reason = 'size unknown' THEN 'size-unknown'
      WHEN reason = 'INTERNALDATE missing or implausible' THEN 'date-unknown'
      WHEN reason = 'does not match' THEN 'no-match'
      WHEN reason IN ('flagged', 'draft', 'deleted', 'restored') THEN reason
      WHEN reason = 'notice not read yet' THEN 'notice-unread'
      WHEN reason LIKE 'quarantined: %' THEN reason
      WHEN reason LIKE 'undecidable: %' THEN reason
      WHEN reason LIKE 'held by %' THEN 'held: ' || substr(reason, 9)
      WHEN reason = 'this UID names another message now' THEN 'another-message'
      WHEN reason = 'the folder is another now (UIDVALIDITY or MAILBOXID changed)' THEN 'another-folder'
      WHEN reason = 'the folder is gone' THEN 'folder-gone'
      WHEN reason = 'the policy no longer covers this folder' THEN 'folder-not-covered'
      WHEN reason = 'the server got its size wrong' THEN 'size-wrong'
      WHEN reason = 'its policy is gone' THEN 'policy-gone'
      WHEN reason = 'its policy is in plan mode' THEN 'policy-plans'
      WHEN reason = 'its policy no longer deletes' THEN 'policy-keeps'
      WHEN reason = 'its policy no longer covers the account' THEN 'account-not-covered'
      WHEN reason = 'the quota is under its target already' THEN 'target-reached'
      WHEN reason = 'its account was erased' THEN 'account-erased'
      WHEN reason = 'another client removed it' THEN 'gone-elsewhere'
      WHEN reason = 'changed while it was being deleted' THEN 'changed-meanwhile'
      WHEN reason = 'the server did not remove it' THEN 'not-removed'
      WHEN reason = 'the server did not move it' THEN 'not-moved'
      WHEN reason = 'MOVE to Trash was refused' THEN 'move-refused: the server gave no reason'
      ELSE coalesce(
        (SELECT 'archive-' || archives.state || ': ' || lines.reason FROM archives
          WHERE archives.n = lines.archive_n AND archives.state IN ('quarantined', 'expired')
            AND archives.state_reason = lines.reason),
        'other: ' || reason)
    END WHERE reason IS NOT NULL;
  `,
};
