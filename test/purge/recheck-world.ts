import type { TestContext } from 'node:test';
import type { Hold, Policy } from '../../src/domain/policy.ts';
import { encodeReason } from '../../src/domain/reason.ts';
import type { DeleteEntry } from '../../src/ports/records.ts';
import { recheck, type Stay } from '../../src/purge/recheck.ts';
import { Ledger } from '../../src/work/ledger.ts';
import { type ScriptedMessage, scriptedMessage } from '../servers/scripted-types.ts';
import { type AccountWorld, accountWorld, usual } from '../work/account-world.ts';
import { archiveMail, deleting, onlyDue, pass } from './purge-world.ts';

const capabilities =
  'IMAP4rev1 UIDPLUS MOVE CONDSTORE ENABLE OBJECTID QUOTA STATUS=SIZE NAMESPACE AUTH=PLAIN';

export const body = (text: string): string =>
  `From: ann@example.com\r\nSubject: ${text}\r\n\r\nbody of it\r\n`;

/** The rules of today. */
export interface Today {
  /** Changes of the policy since it archived. */
  readonly today?: Partial<Policy>;
  readonly others?: readonly Policy[];
  readonly holds?: readonly Hold[];
}

/** Two messages that were archived and waited for a week: UID 1 is the one that a test is about. */
export async function waiting(t: TestContext, before: Partial<ScriptedMessage> = {}): Promise<AccountWorld> {
  const messages = [scriptedMessage(1, { body: body('first1'), ...before }), scriptedMessage(2)];
  const world = await accountWorld(t, { capabilities, folders: { INBOX: { messages, mailboxId: 'M1' } } });
  await archiveMail(world, usual);
  pass(world, 8);
  return world;
}

/** UIDs, with the reason where a message stays. */
export interface Outcome {
  readonly goes: readonly number[];
  readonly gone: readonly number[];
  readonly stays: readonly string[];
  readonly waits: readonly string[];
}

/** What the recheck says under the rules of today. */
export async function outcomeOf(world: AccountWorld, rules: Today = {}): Promise<Outcome> {
  const policy = { ...usual, ...rules.today };
  world.policies = [policy, ...(rules.others ?? [])];
  world.holds = rules.holds ?? [];
  const due = await onlyDue(world, deleting(policy));
  return world.locked(async (work) => {
    const checked = await recheck({ work, ledger: new Ledger(), usageBefore: [] }, due);
    return {
      goes: checked.targets.map(({ entry }) => entry.uid),
      gone: uids(checked.gone),
      stays: texts(checked.abandoned),
      waits: texts(checked.waiting),
    };
  });
}

const uids = (entries: readonly DeleteEntry[]): readonly number[] => entries.map((entry) => entry.uid);
const texts = (stays: readonly Stay[]): readonly string[] =>
  stays.flatMap(({ reason, entries }) => entries.map((entry) => `${entry.uid} ${encodeReason(reason)}`));
