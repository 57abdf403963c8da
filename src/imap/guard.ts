import { MothballError } from '../errors.ts';

/** Set and cleared on messages to move their MODSEQ (SAFETY "Locks"). */
export const fenceKeyword = '$MothballFence';

/** Commands that change nothing but the session. FETCH, SEARCH and STORE exist with UID only. */
const reading = new Set([
  'CAPABILITY',
  'NOOP',
  'LOGOUT',
  'ID',
  'NAMESPACE',
  'ENABLE',
  'STARTTLS',
  'LOGIN',
  'AUTHENTICATE',
  'LIST',
  'STATUS',
  'EXAMINE',
  'SELECT',
  'GETQUOTAROOT',
  'UID SEARCH',
  'UID FETCH',
  'APPEND',
  'CREATE',
]);

const changing = new Set(['UID STORE', 'UID EXPUNGE', 'UID MOVE', 'APPEND', 'CREATE', 'SUBSCRIBE']);

/** Whether a command changes what others see, so that only the holder of the account's lock may send it. */
export function changesMail(command: string): boolean {
  return changing.has(command);
}
/** Labels of Gmail's own that may be put back; \Trash and \Spam would take a message away. */
const systemLabels: ReadonlySet<string> = new Set([
  '\\inbox',
  '\\sent',
  '\\important',
  '\\starred',
  '\\muted',
  '\\draft',
  '\\drafts',
]);

/** Comma-separated UIDs and closed ranges, no `*` and no leading zero. */
const explicitSet = /^[1-9]\d{0,9}(?::[1-9]\d{0,9})?(?:,[1-9]\d{0,9}(?::[1-9]\d{0,9})?)*$/;

/**
 * Lets through what SAFETY I2 names and nothing else; called with every command just before it is
 * written to the socket. @throws MothballError `guard`.
 */
export function checkCommand(command: string, attributes: unknown): void {
  const args = listOf(attributes);
  switch (command) {
    case 'UID STORE':
      return checkStore(args);
    case 'UID EXPUNGE':
      if (args.length !== 1) refuse(command, 'it takes one UID set');
      return checkSet(command, args[0]);
    case 'UID MOVE':
      if (args.length !== 2) refuse(command, 'it takes one UID set and one folder');
      return checkSet(command, args[0]);
    case 'SUBSCRIBE':
      if (args.length !== 1 || typeof args[0] !== 'object' || textOf(args[0]) === '')
        refuse(command, 'it takes one folder');
      return;
    case 'UID FETCH':
      checkSet(command, args[0]);
      return checkPeek(args.slice(1));
    default:
      if (!reading.has(command)) refuse(command, 'it is not one of the commands Mothball sends');
  }
}

/** `set [(UNCHANGEDSINCE n)] ±FLAGS.SILENT (flag)` with exactly one flag of ours. */
function checkStore(args: readonly unknown[]): void {
  checkSet('UID STORE', args[0]);
  const rest = args.slice(1);
  if (rest.length === 3) {
    const modifier = rest.shift();
    const [name, value, more] = listOf(modifier);
    if (textOf(name) !== 'UNCHANGEDSINCE' || !/^\d{1,19}$/.test(textOf(value) ?? '') || more !== undefined) {
      refuse('UID STORE', 'its modifier is not UNCHANGEDSINCE');
    }
  }
  const [action, flags, extra] = rest;
  if (textOf(action) === '+X-GM-LABELS' && args.length === 3) return checkLabels(listOf(flags));
  if (!/^[+-]FLAGS\.SILENT$/.test(textOf(action) ?? '')) refuse('UID STORE', 'only ±FLAGS.SILENT is allowed');
  const list = listOf(flags);
  const flag = textOf(list[0]);
  if (extra !== undefined || list.length !== 1 || (flag !== '\\Deleted' && flag !== fenceKeyword)) {
    refuse('UID STORE', 'only \\Deleted and the fence keyword are allowed');
  }
}

/** Labels are only added: the user's, and of the system's those that leave a message where it is. */
function checkLabels(labels: readonly unknown[]): void {
  const fine = labels.map(textOf).every((label) => {
    if (label === null || label === '') return false;
    return !label.startsWith('\\') || systemLabels.has(label.toLowerCase());
  });
  if (labels.length === 0 || !fine)
    refuse('UID STORE', 'only labels that leave a message where it is are allowed');
}

function checkSet(command: string, argument: unknown): void {
  const set = textOf(argument);
  if (typeof argument !== 'object' || set === null || !explicitSet.test(set)) {
    refuse(command, 'its UID set is not a list of explicit UIDs');
  }
}

/** A body read without PEEK would set \Seen (RFC 9051 §6.4.5). */
function checkPeek(args: readonly unknown[]): void {
  for (const argument of args) {
    checkPeek(listOf(argument));
    const text = textOf(argument)?.toUpperCase() ?? '';
    if (/(?:^|[\s(])(?:RFC822(?:\.TEXT)?(?=[\s)]|$)|BINARY|BODY\[)/.test(text))
      refuse('UID FETCH', 'it would set \\Seen');
  }
}

function listOf(argument: unknown): readonly unknown[] {
  return Array.isArray(argument) ? argument : [];
}

function textOf(argument: unknown): string | null {
  if (typeof argument === 'string') return argument;
  if (typeof argument !== 'object' || argument === null) return null;
  const value: unknown = Reflect.get(argument, 'value');
  return typeof value === 'string' ? value : null;
}

function refuse(command: string, why: string): never {
  const name = /^[A-Z ]{1,40}$/.test(command) ? command : 'a command';
  throw new MothballError(
    {
      fact: `${name} was stopped before it was sent: ${why}`,
      remedy: 'This is a fault in Mothball; report it',
    },
    {
      code: 'guard',
    },
  );
}
