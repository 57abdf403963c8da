import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import { archive } from '../../src/archive/archive.ts';
import type { Plan } from '../../src/domain/plan.ts';
import type { Policy } from '../../src/domain/policy.ts';
import { encodeReason } from '../../src/domain/reason.ts';
import { receiptPrefix } from '../../src/format/archive-key.ts';
import { parseReceipt } from '../../src/format/receipt.ts';
import { makePlan } from '../../src/plan/plan.ts';
import type { MailSession } from '../../src/ports/mail.ts';
import type { DeleteEntry, DeleteState } from '../../src/ports/records.ts';
import { Deletion } from '../../src/purge/delete.ts';
import type { ChunkOutcome, DeletingPolicy, Due } from '../../src/purge/due.ts';
import { recheck } from '../../src/purge/recheck.ts';
import { Ledger } from '../../src/work/ledger.ts';
import type { LockedWork } from '../../src/work/locked-work.ts';
import { Skips } from '../../src/work/skips.ts';
import { type Exchange, type ScriptedFolder, scriptedMessage } from '../servers/scripted-types.ts';
import { type AccountWorld, accountWorld, usual } from '../work/account-world.ts';

/** Archives and verifies what the policy selects now, as the first half does; returns what it did. */
export async function archiveMail(world: AccountWorld, policy: Policy): Promise<Ledger> {
  return world.locked(async (work) => {
    const ledger = new Ledger();
    await archive(work, policy, (await planOf(work, policy)).folders, { ledger });
    return ledger;
  });
}

export async function planOf(work: LockedWork, policy: Policy): Promise<Plan> {
  const { account, catalog, rules, clock } = work;
  const session = await work.connection.session();
  return makePlan({ account, session, catalog, policy, holds: rules.holds, now: clock.now() });
}

/** An INBOX, and a Trash, whose messages (UID 1 and up) are archived and have waited for a week. */
export async function archivedWorld(
  t: TestContext,
  count: number,
  options: Parameters<typeof accountWorld>[1] = {},
): Promise<AccountWorld> {
  const messages = Array.from({ length: count }, (_, index) => scriptedMessage(index + 1));
  const trash = { attributes: '\\HasNoChildren \\Trash', uidValidity: 9 };
  const world = await accountWorld(t, { folders: { INBOX: { messages }, Trash: trash }, ...options });
  await archiveMail(world, usual);
  pass(world, 8);
  return world;
}

/** Lets days pass. */
export function pass(world: AccountWorld, days: number): void {
  world.now = new Date(world.now.getTime() + days * 86_400_000);
}

/** Everything that is pending, by archive, under the policy as it is today. */
export async function allDue(world: AccountWorld, policy: DeletingPolicy): Promise<readonly Due[]> {
  const due: Due[] = [];
  for (const record of await world.catalog.archivesToPurge(world.account)) {
    const entries = await world.catalog.deleteEntries(record.id, ['pending']);
    if (entries.length > 0) due.push({ record, entries, policy });
  }
  return due;
}

export async function onlyDue(world: AccountWorld, policy: DeletingPolicy): Promise<Due> {
  const [due, ...more] = await allDue(world, policy);
  if (due === undefined || more.length > 0) throw new Error(`${more.length + 1} archives are due, or none`);
  return due;
}

export function deleting(policy: Policy): DeletingPolicy {
  if (policy.delete === null) throw new Error(`${policy.name} does not delete`);
  return { ...policy, delete: policy.delete };
}

const allStates: readonly DeleteState[] = ['none', 'pending', 'deleting', 'deleted', 'gone', 'abandoned'];

/** What the catalog says of each archived message: `UID: state`, with the reason where there is one. */
export async function recorded(world: AccountWorld): Promise<readonly string[]> {
  const lines: string[] = [];
  for (const { id } of await world.catalog.archives({ accounts: [world.account] })) {
    for (const { uid, state, reason } of await world.catalog.deleteEntries(id, allStates))
      lines.push(`${uid}: ${state}${reason === null ? '' : ` (${encodeReason(reason)})`}`);
  }
  return lines.toSorted();
}

/** Commands that may have changed mail, in order. */
export function mutations({ server }: AccountWorld): readonly string[] {
  return server.log.filter((line) => /^(UID (STORE|EXPUNGE|MOVE)|APPEND|CREATE|EXPUNGE|CLOSE)\b/.test(line));
}

export interface Removed {
  readonly outcome: ChunkOutcome;
  /** What stays, by reason: `messages code`. */
  readonly skips: readonly string[];
}

/** The recheck of all that is due, then the deletion of what passed it; `between` happens in between. */
export async function removeDue(
  world: AccountWorld,
  policy: Policy,
  between: () => void = () => undefined,
  through: (session: MailSession) => MailSession = (session) => session,
): Promise<Removed> {
  world.policies = [policy];
  const due = await onlyDue(world, deleting(policy));
  return world.locked(async (work) => {
    const { folder, targets } = await recheck({ work, ledger: new Ledger(), usageBefore: [] }, due);
    if (folder === null) throw new Error('the recheck let nothing go');
    between();
    const skips = new Skips();
    const deletion = new Deletion(work, through(await work.connection.session()), skips);
    const outcome = await deletion.remove({ due, targets, recheckedState: folder });
    return { outcome, skips: skips.list().map(({ reason, messages }) => `${messages} ${reason.code}`) };
  });
}

/** The INBOX as the server holds it. */
export function inbox({ server }: AccountWorld): ScriptedFolder {
  const folder = server.folders.get('INBOX');
  if (folder === undefined) throw new Error('the INBOX is gone');
  return folder;
}

/** UIDs that the INBOX still holds. */
export function left(world: AccountWorld): readonly number[] {
  return inbox(world).messages.map(({ uid }) => uid);
}

export function uidsOf(entries: readonly DeleteEntry[]): readonly number[] {
  return entries.map(({ uid }) => uid);
}

/** The receipts in the store, one for each purge: how, and of which lines. */
export async function receipts({ catalog, archiveDir }: AccountWorld) {
  const names = await readdir(archiveDir, { recursive: true });
  const prefixes = (await catalog.archives()).map(({ key }) => receiptPrefix(key));
  const found = names.filter((name) => prefixes.some((prefix) => name.startsWith(prefix)));
  const texts = await Promise.all(found.map((name) => readFile(join(archiveDir, name), 'utf8')));
  return texts.map(parseReceipt).map(({ mode, lines }) => ({ mode, lines }));
}

/** Whether a UID command is about this message. */
export function covers({ args }: Exchange, uid: number): boolean {
  return String(args[0])
    .split(',')
    .some((part) => {
      const [first = 0, last = first] = part.split(':').map(Number);
      return first <= uid && uid <= last;
    });
}
