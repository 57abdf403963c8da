/** Why a message stays, in words, by code. */
const plain = {
  // The selection decides so, in the first look and in the recheck.
  'size-unknown': 'size unknown',
  'flags-unknown': "the server's answer for it can't be read",
  'date-unknown': 'INTERNALDATE missing or implausible',
  'no-match': 'does not match',
  flagged: 'flagged',
  draft: 'draft',
  deleted: 'deleted',
  restored: 'restored',
  'notice-unread': 'notice not read yet',
  // The plan.
  trashed: 'moved to Trash by this policy',
  'in-grace': 'archived, waits for its grace',
  archived: 'archived already',
  'not-needed': 'not needed to reach the target',
  // The first half.
  'too-large-for-spool': 'larger than its share of spool.maxBytes',
  'too-large-for-store': 'larger than what the store takes',
  // The recheck.
  'another-message': 'this UID names another message now',
  'copy-differs': 'the archive that was found does not hold this message as the server delivers it',
  'another-folder': 'the folder is another now (UIDVALIDITY or MAILBOXID changed)',
  'folder-gone': 'the folder is gone',
  'folder-refused': 'the server refuses its folder',
  'folder-not-covered': 'the policy no longer covers this folder',
  'size-wrong': 'the server got its size wrong (trustBodyOverSize: true in the policy lets it be deleted)',
  'policy-gone': 'its policy is gone',
  'policy-plans': 'its policy is in plan mode',
  'policy-keeps': 'its policy no longer deletes',
  'account-not-covered': 'its policy no longer covers the account',
  'store-gone': 'its archive is in a store that is no longer configured',
  'target-reached': 'the quota is under its target already',
  'archive-damaged': 'archive damaged or missing',
  'archive-unproved': 'no identity was shown to decrypt its archive',
  'account-erased': 'its account was erased',
  // The deletion.
  'gone-elsewhere': 'another client removed it',
  'changed-meanwhile': 'changed while it was being deleted',
  'not-removed': 'the server did not remove it',
  // On Gmail.
  'labels-unknown': "its Gmail labels can't be read",
  'labels-changed': 'its Gmail labels changed since it was archived',
  'gmail-id-unknown': 'Gmail did not report its X-GM-MSGID',
  'moved-back': 'it was moved out of Trash again',
  'left-in-trash': "is in Gmail's Trash, which frees nothing until Trash is emptied",
  'no-move': 'the server lacks MOVE: archived only',
  'no-uidplus': 'the server lacks UIDPLUS: archived only',
  'no-trash': 'the account has no Trash folder: archived only',
  'in-trash': 'is in Trash already: mode trash does nothing there',
  'not-moved': 'the server did not move it',
  'move-unconfirmed': 'moved to Trash without confirmation',
  'move-without-copyuid': 'the server does not confirm MOVE with COPYUID: stopped',
  'move-incomplete': 'not every message arrived in Trash: stopped',
} as const;

/** Those that a detail completes. `other` is a sentence that an earlier version recorded. */
const detailed = {
  quarantined: (detail: string) => `quarantined: ${detail}`,
  undecidable: (detail: string) => `undecidable: ${detail}`,
  held: (detail: string) => `held by ${detail}`,
  'label-excluded': (detail: string) => `has the label ${detail}, which the policy excludes`,
  'label-not-selected': (detail: string) => `has the label ${detail} too, which the policy does not select`,
  'batch-small': (detail: string) => detail,
  'copy-missing': (detail: string) => `policy ${detail} has no verified copy yet`,
  'archive-quarantined': (detail: string) => detail,
  'archive-expired': (detail: string) => detail,
  'delete-refused': (detail: string) => `the server refuses to delete it (${detail})`,
  'move-refused': (detail: string) => `MOVE to Trash was refused (${detail})`,
  other: (detail: string) => detail,
} as const;

type PlainCode = keyof typeof plain;
type DetailedCode = keyof typeof detailed;
export type ReasonCode = PlainCode | DetailedCode;

/** Why a message stays on the server: `code` decides and is stored, `detail` only completes the sentence. */
export type Reason =
  | { readonly code: PlainCode; readonly detail?: never }
  | { readonly code: DetailedCode; readonly detail: string };

/** The reason in words, for people and reports. Nothing may be decided on it. */
export function reasonText(reason: Reason): string {
  return reason.detail === undefined ? plain[reason.code] : detailed[reason.code](reason.detail);
}

/** The reason as the catalog stores it: `code`, or `code: detail`. */
export function encodeReason({ code, detail }: Reason): string {
  return detail === undefined ? code : `${code}: ${detail}`;
}

/** What `encodeReason` wrote. A text that it can't have written is kept as it is. */
export function decodeReason(text: string): Reason {
  if (isPlain(text)) return { code: text };
  const end = text.indexOf(': ');
  const code = text.slice(0, Math.max(0, end));
  return isDetailed(code) ? { code, detail: text.slice(end + 2) } : { code: 'other', detail: text };
}

function isPlain(code: string): code is PlainCode {
  return Object.hasOwn(plain, code);
}

function isDetailed(code: string): code is DetailedCode {
  return Object.hasOwn(detailed, code);
}
