import { randomInt } from 'node:crypto';

/** The folders that every account has, with their attributes in LIST and the system label that they show. */
export const systemFolders: readonly {
  readonly name: string;
  readonly attributes: string;
  readonly label: string | null;
}[] = [
  { name: 'INBOX', attributes: '\\HasNoChildren', label: '\\Inbox' },
  { name: '[Gmail]', attributes: '\\HasChildren \\Noselect', label: null },
  { name: '[Gmail]/All Mail', attributes: '\\All \\HasNoChildren', label: null },
  { name: '[Gmail]/Drafts', attributes: '\\Drafts \\HasNoChildren', label: '\\Draft' },
  { name: '[Gmail]/Important', attributes: '\\HasNoChildren \\Important', label: '\\Important' },
  { name: '[Gmail]/Sent Mail', attributes: '\\HasNoChildren \\Sent', label: '\\Sent' },
  { name: '[Gmail]/Spam', attributes: '\\HasNoChildren \\Junk', label: null },
  { name: '[Gmail]/Starred', attributes: '\\Flagged \\HasNoChildren', label: '\\Starred' },
  { name: '[Gmail]/Trash', attributes: '\\HasNoChildren \\Trash', label: null },
];

export const allMail = '[Gmail]/All Mail';
export const spam = '[Gmail]/Spam';
export const trash = '[Gmail]/Trash';

/** One message, however many folders show it. */
export interface GmailMessage {
  /** X-GM-MSGID. */
  readonly id: string;
  readonly body: Buffer;
  /** As it stands between the quotes of INTERNALDATE. */
  readonly internalDate: string;
  flags: readonly string[];
  /** The user's as written in modified UTF-7, and the system's with a backslash. */
  labels: ReadonlySet<string>;
  /** Spam and Trash are apart from All Mail. */
  place: 'all' | 'spam' | 'trash';
  modseq: number;
  /** Its UID in each folder that shows it. */
  readonly uids: Map<string, number>;
}

export interface NewGmailMessage {
  readonly body: Buffer | string;
  readonly internalDate?: string;
  readonly flags?: readonly string[];
  readonly labels?: readonly string[];
  readonly place?: GmailMessage['place'];
}

/**
 * What Google describes of a Gmail account over IMAP: each message exists once; folders show it by
 * label; All Mail shows all but Spam and Trash; a message in Trash has no labels; \Flagged is \Starred;
 * the quota falls some time after a message was removed from Trash.
 */
export class GmailMailbox {
  readonly messages: GmailMessage[] = [];
  /** The user's labels, each of them a folder. */
  readonly labels = new Set<string>();
  /** Folders that the settings hide from IMAP. */
  readonly hidden = new Set<string>();
  readonly limitBytes: number;
  /** The setting Auto-Expunge, on by default at Gmail: \Deleted takes effect without EXPUNGE. */
  autoExpunge = false;
  /** FETCH items that are left out of its answers. */
  readonly withheld = new Set<string>();
  modseq = 10;
  /** Bytes of what was removed for good, and not taken off the quota yet. */
  owedBytes = 0;
  readonly #next = new Map<string, number>();
  #id = BigInt(randomInt(2 ** 40)) * 2n ** 22n;

  constructor(limitBytes = 1024 * 1024) {
    this.limitBytes = limitBytes;
  }

  add(message: NewGmailMessage): GmailMessage {
    this.#id += 1n;
    const body = typeof message.body === 'string' ? Buffer.from(message.body, 'latin1') : message.body;
    const added: GmailMessage = {
      id: this.#id.toString(),
      body,
      internalDate: message.internalDate ?? '01-Jan-2020 10:00:00 +0000',
      flags: message.flags ?? [],
      labels: new Set(message.labels),
      place: message.place ?? 'all',
      modseq: this.modseq,
      uids: new Map(),
    };
    this.messages.push(added);
    this.changed(added);
    return added;
  }

  /** After any change of a message: its star, labels that are new, its UIDs, its mod-sequence. */
  changed(message: GmailMessage): void {
    this.modseq += 1;
    message.modseq = this.modseq;
    if (message.place === 'trash') message.labels = new Set();
    message.flags = message.flags.map(systemFlag);
    const others = [...message.labels].filter((label) => label !== '\\Starred');
    message.labels = new Set(message.flags.includes('\\Flagged') ? [...others, '\\Starred'] : others);
    for (const label of message.labels) if (!label.startsWith('\\')) this.labels.add(label);
    const shown = new Set(this.messages.includes(message) ? this.foldersOf(message) : []);
    for (const folder of message.uids.keys()) if (!shown.has(folder)) message.uids.delete(folder);
    for (const folder of shown) if (!message.uids.has(folder)) message.uids.set(folder, this.takeUid(folder));
  }

  /** Folders that show a message. */
  foldersOf({ place, labels }: GmailMessage): readonly string[] {
    if (place === 'trash') return [trash];
    if (place === 'spam') return [spam];
    const named = systemFolders.filter(({ label }) => label !== null && labels.has(label));
    const own = [...labels].filter((label) => !label.startsWith('\\'));
    return [allMail, ...named.map(({ name }) => name), ...own];
  }

  /** What a folder shows, by UID. */
  in(folder: string): readonly GmailMessage[] {
    const shown = this.messages.filter(({ uids }) => uids.has(folder));
    return shown.toSorted((a, b) => uidIn(a, folder) - uidIn(b, folder));
  }

  uidNext(folder: string): number {
    return this.#next.get(folder) ?? 1;
  }

  takeUid(folder: string): number {
    const uid = this.uidNext(folder);
    this.#next.set(folder, uid + 1);
    return uid;
  }

  /** To Trash, from which it is gone by itself after 30 days. */
  toTrash(message: GmailMessage): void {
    message.place = 'trash';
    this.changed(message);
  }

  /** For good. The quota still counts it until `settleQuota`. */
  remove(message: GmailMessage): void {
    this.messages.splice(this.messages.indexOf(message), 1);
    this.owedBytes += message.body.length;
    this.changed(message);
  }

  settleQuota(): void {
    this.owedBytes = 0;
  }

  get usedBytes(): number {
    return this.owedBytes + this.messages.reduce((sum, { body }) => sum + body.length, 0);
  }

  /** Folders as LIST shows them. */
  list(): readonly { readonly name: string; readonly attributes: string }[] {
    const own = [...this.labels].map((name) => ({ name, attributes: '\\HasNoChildren' }));
    return [...systemFolders, ...own].filter(({ name }) => !this.hidden.has(name));
  }
}

/** Gmail writes its own flags in one way, however they were sent. */
function systemFlag(flag: string): string {
  const known = ['\\Answered', '\\Flagged', '\\Draft', '\\Deleted', '\\Seen'];
  return known.find((one) => one.toLowerCase() === flag.toLowerCase()) ?? flag;
}

export function uidIn(message: GmailMessage, folder: string): number {
  return message.uids.get(folder) ?? 0;
}
