import { allMailOf, type Folder, trashOf } from '../domain/folder.ts';
import { folderSelected, roleOf } from '../domain/glob.ts';
import { LabelRules } from '../domain/labels.ts';
import type { Policy } from '../domain/policy.ts';
import { MothballError } from '../errors.ts';

/** What decides where mail is on the server that is open: folders, or Gmail's labels. */
export type Labels = { readonly folders: readonly Folder[] } | null;

/**
 * On Gmail the folders are views of All Mail by label; only All Mail, Spam and Trash hold messages of
 * their own, each message one of them. So All Mail stands for all labels, and each message is met once.
 */
export function holdsOnGmail(folder: Folder, policy: Policy): boolean {
  if (!folder.selectable || !policy.folders.namespaces.includes(folder.namespace)) return false;
  if (folder.roles.includes('all')) return !onlyOf(policy, ['junk', 'trash']);
  const own = folder.roles.some((role) => role === 'junk' || role === 'trash');
  return own && folderSelected(policy.folders, folder);
}

/** Whether a policy names nothing but these roles: then All Mail need not be looked through. */
function onlyOf({ folders }: Policy, roles: readonly string[]): boolean {
  return folders.include.every((pattern) => roles.includes(roleOf(pattern) ?? ''));
}

/** The rules for the labels of messages in a folder; null where there are none. */
export function labelRules(labels: Labels, folder: Folder): LabelRules | null {
  return labels === null ? null : new LabelRules(labels.folders, folder);
}

/** @throws `refused` when Gmail hides a folder from IMAP that the policy can't do without. */
export function requireVisible(account: string, folders: readonly Folder[], policy: Policy): void {
  if (allMailOf(folders) === null) throw hidden(account, 'All Mail', 'nothing was archived or deleted');
  if (policy.delete !== null && trashOf(folders) === null)
    throw hidden(account, 'Trash', 'nothing was archived or deleted');
}

/** The account's Trash. @throws `refused` when it is hidden. */
export function gmailTrash(account: string, folders: readonly Folder[]): Folder {
  const trash = trashOf(folders);
  if (trash === null) throw hidden(account, 'Trash', 'nothing was deleted');
  return trash;
}

function hidden(account: string, name: string, notDone: string): MothballError {
  return new MothballError(
    {
      fact: `${account}: Gmail hides the folder "${name}" from IMAP`,
      notDone,
      remedy: `In Gmail, open Settings, "See all settings", "Labels", and tick "Show in IMAP" beside "${name}"`,
    },
    { code: 'refused' },
  );
}
