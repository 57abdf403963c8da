import { uidValidity, type UidValidity } from './brands.ts';

/**
 * What is used in place of a policy and of a folder's identity in archives of imported mail. No
 * policy can have such a name (they start with a letter or digit), and no server can give such a
 * MAILBOXID (RFC 8474 §4: letters, digits, `_` and `-`): so nothing on a server ever equals it, and
 * nothing is deleted on its word.
 */
export const importMark = '@import';

/** The identity of a folder that imported mail is archived in. */
export const importedFolder: { readonly uidValidity: UidValidity; readonly mailboxId: string } = {
  uidValidity: uidValidity(1),
  mailboxId: importMark,
};

/** Whether an archive holds imported mail. Its folder is a name with `/` between levels, not a server's path. */
export function isImported({
  policy,
  mailboxId,
}: {
  readonly policy: string;
  readonly mailboxId: string | null;
}): boolean {
  return policy === importMark && mailboxId === importMark;
}
