import type { GmailSession } from './gmail.ts';
import {
  allMail,
  type GmailMailbox,
  type GmailMessage,
  spam,
  systemFolders,
  trash,
  uidIn,
} from './gmail-mailbox.ts';
import { fetchItem } from './scripted-fetch.ts';
import { argList, argText, inSet } from './scripted-parse.ts';
import { type Arg, scriptedMessage } from './scripted-types.ts';

const capabilities =
  'IMAP4rev1 UNSELECT IDLE NAMESPACE QUOTA ID XLIST CHILDREN X-GM-EXT-1 UIDPLUS COMPRESS=DEFLATE ENABLE MOVE CONDSTORE ESEARCH UTF8=ACCEPT LIST-EXTENDED LIST-STATUS LITERAL- SPECIAL-USE APPENDLIMIT=35651584 AUTH=PLAIN';

/** One command, and the ways to answer it. */
export interface GmailExchange {
  readonly command: string;
  readonly args: readonly Arg[];
  readonly session: GmailSession;
  readonly mailbox: GmailMailbox;
  send(data: string | Buffer): void;
  /** Untagged line. */
  line(text: string): void;
  /** The tagged answer. */
  done(text: string): void;
}

/** What Gmail answers. A command that it does not know is BAD. */
export function answerGmail(exchange: GmailExchange): void {
  const { command, args, session, mailbox, line, done } = exchange;
  switch (command) {
    case 'CAPABILITY':
      line(`CAPABILITY ${capabilities}`);
      return done('OK Thats all she wrote!');
    case 'ID':
      line('ID ("name" "GImap" "vendor" "Google, Inc.")');
      return done('OK Success');
    case 'ENABLE':
      line(`ENABLED ${args.map(argText).join(' ')}`);
      return done('OK Success');
    case 'NAMESPACE':
      line('NAMESPACE (("" "/")) NIL NIL');
      return done('OK Success');
    case 'LOGOUT':
      line('BYE LOGOUT Requested');
      return done('OK 73 good day (Success)');
    case 'LOGIN':
    case 'NOOP':
      return done('OK Success');
    case 'LIST':
      for (const { name, attributes } of mailbox.list()) line(`LIST (${attributes}) "/" ${quoted(name)}`);
      return done('OK Success');
    case 'GETQUOTAROOT':
      line(`QUOTAROOT ${quoted(argText(args[0]))} ""`);
      line(
        `QUOTA "" (STORAGE ${Math.ceil(mailbox.usedBytes / 1024)} ${Math.floor(mailbox.limitBytes / 1024)})`,
      );
      return done('OK Success');
    case 'SELECT':
    case 'EXAMINE':
      return open(exchange);
    case 'CREATE':
      mailbox.labels.add(argText(args[0]));
      return done('OK Success');
    case 'SUBSCRIBE':
      return done('OK Success');
    case 'STATUS': {
      const name = argText(args[0]);
      line(`STATUS ${quoted(name)} (MESSAGES ${mailbox.in(name).length})`);
      return done('OK Success');
    }
    case 'APPEND':
      return append(exchange);
    default:
      return session.folder === null ? done('BAD Unknown command') : inFolder(exchange, session.folder);
  }
}

function inFolder(exchange: GmailExchange, folder: string): void {
  const { command, args, session, mailbox, line, done } = exchange;
  const hits = mailbox.in(folder).filter((message) => inSet(argText(args[0]), uidIn(message, folder)));
  if (session.readOnly && !['UID SEARCH', 'UID FETCH'].includes(command))
    return done('NO [READ-ONLY] (Failure)');
  switch (command) {
    case 'UID SEARCH':
      line(`SEARCH ${search(exchange, folder).join(' ')}`.trimEnd());
      return done('OK SEARCH completed (Success)');
    case 'UID FETCH':
      for (const message of hits) exchange.send(row(exchange, folder, message));
      return done('OK Success');
    case 'UID STORE':
      return store(exchange, hits, folder);
    case 'UID MOVE':
      return move(exchange, hits, folder);
    case 'UID EXPUNGE':
      for (const message of hits.filter(({ flags }) => flags.includes('\\Deleted'))) {
        line(`${mailbox.in(folder).indexOf(message) + 1} EXPUNGE`);
        expunge(mailbox, message, folder);
      }
      return done('OK Success');
    default:
      return done('BAD Unknown command');
  }
}

function open({ command, args, session, mailbox, line, done }: GmailExchange): void {
  const name = argText(args[0]);
  const known = mailbox
    .list()
    .find((folder) => folder.name === name && !folder.attributes.includes('\\Noselect'));
  session.folder = known?.name ?? null;
  if (known === undefined) return done(`NO [NONEXISTENT] Unknown Mailbox: ${name} (Failure)`);
  session.readOnly = command === 'EXAMINE';
  line('FLAGS (\\Answered \\Flagged \\Draft \\Deleted \\Seen)');
  line('OK [PERMANENTFLAGS (\\Answered \\Flagged \\Draft \\Deleted \\Seen \\*)] Flags permitted.');
  line(`OK [UIDVALIDITY ${systemFolders.findIndex((folder) => folder.name === name) + 600}] UIDs valid.`);
  line(`${mailbox.in(name).length} EXISTS`);
  line(`OK [UIDNEXT ${mailbox.uidNext(name)}] Predicted next UID.`);
  line(`OK [HIGHESTMODSEQ ${mailbox.modseq}]`);
  done(`OK [READ-${session.readOnly ? 'ONLY' : 'WRITE'}] ${name} selected. (Success)`);
}

/** Only X-GM-MSGID and what the flags say; every other key finds all. */
function search({ args, mailbox }: GmailExchange, folder: string): readonly number[] {
  const id = args.findIndex((arg) => argText(arg).toUpperCase() === 'X-GM-MSGID');
  const wanted = id < 0 ? null : argText(args[id + 1]);
  const found = mailbox.in(folder).filter((message) => wanted === null || message.id === wanted);
  return found.map((message) => uidIn(message, folder));
}

function row({ args, mailbox }: GmailExchange, folder: string, message: GmailMessage): Buffer {
  const { body, flags, internalDate, modseq } = message;
  const plain = scriptedMessage(uidIn(message, folder), { body, flags, internalDate, modseq });
  const asked = argList(args[1]).filter((item) => !mailbox.withheld.has(item.toUpperCase()));
  const items = asked.map((item): Buffer => {
    if (item.toUpperCase() === 'X-GM-MSGID') return Buffer.from(`X-GM-MSGID ${message.id}`);
    if (item.toUpperCase() === 'X-GM-LABELS')
      return Buffer.from(`X-GM-LABELS (${shownLabels(message, folder)})`);
    return fetchItem(plain, item);
  });
  const sequence = mailbox.in(folder).indexOf(message) + 1;
  const parts = items.filter(({ length }) => length > 0).flatMap((item) => [Buffer.from(' '), item]);
  return Buffer.concat([Buffer.from(`* ${sequence} FETCH (`), ...parts.slice(1), Buffer.from(')\r\n')]);
}

/** All labels but that of the folder itself: strings, as Gmail sends them. */
function shownLabels({ labels }: GmailMessage, folder: string): string {
  const own = systemFolders.find(({ name }) => name === folder)?.label ?? folder;
  return [...labels]
    .filter((label) => label !== own)
    .map((label) => (/^[\w&+-]+$/.test(label) ? label : quoted(label)))
    .join(' ');
}

function store({ args, mailbox, done }: GmailExchange, hits: readonly GmailMessage[], folder: string): void {
  const [, ...rest] = args;
  const condition = typeof rest[0] === 'string' ? null : argList(rest.shift());
  const limit = condition === null ? Infinity : Number(condition[1]);
  const action = argText(rest[0]).toUpperCase();
  const values = argList(rest[1]);
  const adds = action.startsWith('+');
  const modified = hits.filter(({ modseq }) => modseq > limit);
  for (const message of hits.filter(({ modseq }) => modseq <= limit)) {
    const old = action.includes('X-GM-LABELS') ? [...message.labels] : message.flags;
    const fresh = [...old.filter((value) => !values.includes(value)), ...(adds ? values : [])];
    if (action.includes('X-GM-LABELS')) {
      message.labels = new Set(fresh);
      if (fresh.includes('\\Trash')) message.place = 'trash';
    } else message.flags = fresh;
    mailbox.changed(message);
    if (mailbox.autoExpunge && message.flags.includes('\\Deleted')) expunge(mailbox, message, folder);
  }
  const uids = modified.map((message) => uidIn(message, folder)).join(',');
  done(`OK ${uids === '' ? '' : `[MODIFIED ${uids}] `}Success`);
}

/** To Trash and to Spam with all labels taken away; to a label from there, or in place of the folder's. */
function move(
  { args, mailbox, line, done }: GmailExchange,
  hits: readonly GmailMessage[],
  folder: string,
): void {
  const target = argText(args[1]);
  if (!mailbox.list().some(({ name }) => name === target)) return done('NO [TRYCREATE] No folder (Failure)');
  const sources = hits.map((message) => uidIn(message, folder));
  for (const message of hits) {
    line(`${mailbox.in(folder).indexOf(message) + 1} EXPUNGE`);
    if (target === trash) mailbox.toTrash(message);
    else {
      message.place = target === spam ? 'spam' : 'all';
      const own = labelOf(folder);
      const kept = [...message.labels].filter((label) => label !== own);
      const added = labelOf(target);
      message.labels = new Set(added === null ? kept : [...kept, added]);
      mailbox.changed(message);
    }
  }
  if (hits.length === 0) return done('OK (Success)');
  const copies = hits.map((message) => uidIn(message, target));
  const validity = systemFolders.findIndex(({ name }) => name === target) + 600;
  done(`OK [COPYUID ${validity} ${sources.join(',')} ${copies.join(',')}] (Success)`);
}

/** The label that a folder shows; null: it shows none. */
function labelOf(folder: string): string | null {
  const system = systemFolders.find(({ name }) => name === folder);
  return system === undefined ? folder : system.label;
}

/** In Trash and Spam for good; elsewhere only the label of the folder goes, and the message stays in All Mail. */
function expunge(mailbox: GmailMailbox, message: GmailMessage, folder: string): void {
  if (folder === trash || folder === spam) return mailbox.remove(message);
  message.flags = message.flags.filter((flag) => flag !== '\\Deleted');
  const own = labelOf(folder);
  if (folder === allMail) mailbox.toTrash(message);
  else message.labels = new Set([...message.labels].filter((label) => label !== own));
  mailbox.changed(message);
}

function append({ args, mailbox, done }: GmailExchange): void {
  const folder = argText(args[0]);
  if (!mailbox.list().some(({ name }) => name === folder)) return done('NO [TRYCREATE] No folder (Failure)');
  const lists = args.filter((arg): arg is readonly Arg[] => typeof arg !== 'string');
  const date = args.slice(1).find((arg) => typeof arg === 'string' && /^[ \d]\d-\w{3}-\d{4} /.test(arg));
  const label = labelOf(folder);
  const message = mailbox.add({
    body: argText(args.at(-1)),
    flags: argList(lists[0]),
    ...(date === undefined ? {} : { internalDate: argText(date) }),
    labels: label === null ? [] : [label],
    place: folder === trash ? 'trash' : folder === spam ? 'spam' : 'all',
  });
  const validity = systemFolders.findIndex(({ name }) => name === folder) + 600;
  done(`OK [APPENDUID ${validity} ${uidIn(message, folder)}] (Success)`);
}

function quoted(text: string): string {
  return `"${text.replaceAll(/["\\]/g, '\\$&')}"`;
}
