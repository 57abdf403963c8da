/** What may happen to a mailbox: by its owner's mail client, and by Mothball. */
import assert from 'node:assert/strict';
import fc from 'fast-check';
import { seedByAppend } from '../corpus/append.ts';
import { note } from '../corpus/mailbox.ts';
import { describe, policy } from '../integration/installation.ts';
import { meddle } from '../oracle/meddle.ts';
import { nameOf } from '../oracle/nothing-lost.ts';
import type { SnapshotMessage } from '../oracle/snapshot.ts';
import { type Actor, covered, judge, judgeRestored, type Life, type Memory, rules } from './life-model.ts';
import { clockOffBy } from './off-by.ts';

export const lifePolicy = policy('old', rules.olderThan, {
  folders: { include: [...covered] },
  delete: { after: `${rules.grace}d` },
  retain: `${rules.retain}d`,
  restoredKeep: `${rules.restoredKeep}d`,
});
export const hold = { name: 'case', accounts: ['*'], match: { from: `*${rules.rival}` } };

type Command = fc.AsyncCommand<Memory, Life>;

/** One step: what is done, and by whom. The oracle judges after it. */
class Step implements Command {
  readonly #name: string;
  readonly #actor: Actor;
  readonly #act: (life: Life) => Promise<void>;

  constructor(name: string, actor: Actor, act: (life: Life) => Promise<void>) {
    this.#name = name;
    this.#actor = actor;
    this.#act = act;
  }

  /** Without an archive there is nothing to find, to restore or to expire. */
  check({ archives }: Readonly<Memory>): boolean {
    return archives.length > 0 || !this.#name.startsWith('archives: ');
  }

  async run(_: Memory, life: Life): Promise<void> {
    await this.#act(life);
    await judge(life, this.#actor);
    if (this.#actor === 'restore') judgeRestored(life.memory);
  }

  toString(): string {
    return this.#name;
  }
}

/** Runs a command of Mothball on the day that it is, and expects it to succeed. */
async function mothball({ site, memory }: Life, args: readonly string[], codes = [0]): Promise<void> {
  const result = await site.run(args, { clock: clockOffBy(memory.day) });
  assert.ok(codes.includes(result.code ?? -1), `${args.join(' ')}: ${describe(result)}`);
}

/** The owner does something to one of the messages that are there; nothing when there is none. */
async function owner(
  { dovecot, user, memory }: Life,
  pick: number,
  commands: (message: SnapshotMessage) => readonly string[],
): Promise<void> {
  const { messages } = memory.mailbox;
  const message = messages[pick % Math.max(1, messages.length)];
  if (message !== undefined) await meddle(dovecot, user, message.folder, commands(message));
}

const places = fc.constantFrom('INBOX', 'Lists', 'Keep');
const which = fc.nat(50);
let serial = 0;

const ownersSteps: readonly fc.Arbitrary<Command>[] = [
  fc
    .tuple(which, fc.constantFrom('+', '-'), fc.constantFrom('\\Flagged', '\\Seen', '$Mine'))
    .map(
      ([pick, sign, flag]) =>
        new Step(`owner: ${sign}${flag} on ${pick}`, 'owner', (life) =>
          owner(life, pick, ({ uid }) => [`UID STORE ${uid} ${sign}FLAGS (${flag})`]),
        ),
    ),
  fc
    .tuple(which, places)
    .map(
      ([pick, folder]) =>
        new Step(`owner: moves ${pick} to ${folder}`, 'owner', (life) =>
          owner(life, pick, (message) =>
            message.folder === folder ? [] : [`UID MOVE ${message.uid} ${folder}`],
          ),
        ),
    ),
  which.map(
    (pick) =>
      new Step(`owner: deletes ${pick}`, 'owner', (life) =>
        owner(life, pick, (message) => {
          life.memory.mayBeGone.add(message.sha256);
          return [`UID STORE ${message.uid} +FLAGS (\\Deleted)`, `UID EXPUNGE ${message.uid}`];
        }),
      ),
  ),
  which.map(
    (pick) =>
      new Step(`owner: marks ${pick} deleted`, 'owner', (life) =>
        owner(life, pick, (message) => {
          life.memory.marked.add(nameOf(message));
          return [`UID STORE ${message.uid} +FLAGS (\\Deleted)`];
        }),
      ),
  ),
  fc.tuple(places, fc.constantFrom(3, 350, 380, 900), fc.boolean()).map(
    ([folder, age, rival]) =>
      new Step(
        `mail of ${age} days comes into ${folder}${rival ? ' from a rival' : ''}`,
        'owner',
        async (life) => {
          serial += 1;
          const from = rival ? `Rival <r${rules.rival}>` : 'Ada <ada@example.org>';
          const mail = note(`comes ${serial}`, age - life.memory.day, { folder, from });
          await seedByAppend(life.dovecot, life.user, [mail]);
        },
      ),
  ),
];

const run = new Step('run', 'run', (life) => mothball(life, ['run', '--yes']));
const restore = new Step('archives: restore', 'restore', (life) =>
  mothball(life, ['restore', '--all', '--yes'], [0, 3]),
);
const expire = new Step('archives: expire', 'expire', (life) =>
  mothball(life, ['expire', '--yes', '--lift-limits'], [0, 3]),
);
const lose = new Step('archives: database lost, reindex', 'reindex', async (life) => {
  await life.site.removeDatabase();
  await mothball(life, ['reindex', '--yes']);
});
const holds = new Step('the hold is set or lifted', 'reindex', async ({ site, memory }) => {
  memory.held = !memory.held;
  await site.configure({ holds: memory.held ? [hold] : [] });
});
const pass = (count: number): Step =>
  new Step(`${count} days pass`, 'reindex', async ({ memory }) => {
    memory.day += count;
  });
const days = fc.constantFrom(1, 8, 31).map<Command>(pass);
const flagOldest = new Step('owner: flags the first', 'owner', (life) =>
  owner(life, 0, ({ uid }) => [`UID STORE ${uid} +FLAGS (\\Flagged)`]),
);

/** A life as most are: too early, flagged meanwhile, in time, restored, kept for a while, expired. */
// prettier-ignore
export const usualLife: readonly Step[] = [
  run, flagOldest, run, pass(8), holds, run, restore, pass(8), run, pass(31), holds, run, pass(8), run,
  expire, lose, run,
];

/** Runs and days come most often: what happens in between is of interest only then. */
export const lifeSteps: readonly fc.Arbitrary<Command>[] = [
  ...[run, run, run, restore, expire, lose, holds].map((step) => fc.constant<Command>(step)),
  days,
  days,
  ...ownersSteps,
];
