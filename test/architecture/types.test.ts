/** What the types promise: planning can't delete, only `expire` can remove archives, no lock, no change. */
import assert from 'node:assert/strict';
import test, { before } from 'node:test';
import { type TypeFault, typeFaults } from './tsc.ts';

/** tsc's words: no such property; an argument, or an assigned value, that does not fit. */
const noProperty = /^TS2339$/;
const unfit = /^TS(2345|2739|2740|2741)$/;

interface Canary {
  readonly name: string;
  readonly head: string;
  /** Lines that tsc must refuse, one by one, with such a code. */
  readonly refused: readonly string[];
  readonly code: RegExp;
  /** Lines of the same kind that it must not refuse. */
  readonly sound: readonly string[];
}

const mutating = [
  'select(path)',
  'markDeleted(uids, null)',
  'unmarkDeleted(uids)',
  'fence(uids, null)',
  'expunge(uids)',
  'move(uids, path)',
  'append(path, new Uint8Array(), [], null)',
  'createFolder(path)',
];
const removing = ['remove(path)', "listKept('')", "leftovers('', new Date(0), true)"];
const mail = `
import type { Uid } from '../src/domain/brands.ts';
import type { MailReader, MailSession } from '../src/ports/mail.ts';
declare const uids: readonly Uid[];
declare const path: string;
declare const session: MailSession;
`;

const canaries: readonly Canary[] = [
  {
    name: 'a MailReader has nothing that changes mail',
    head: `${mail} declare const reader: MailReader;`,
    refused: mutating.map((call) => `await reader.${call};`),
    code: noProperty,
    sound: [...mutating.map((call) => `await session.${call};`), 'await reader.examine(path);'],
  },
  {
    name: 'planning is given a session that changes no mail',
    head: `${mail} import type { PlanInput } from '../src/plan/candidates.ts';
      declare const input: PlanInput;`,
    refused: mutating.map((call) => `await input.session.${call};`),
    code: noProperty,
    sound: ['await input.session.search([]);'],
  },
  {
    name: 'work without a lock has a connection that changes no mail',
    head: `${mail} import type { AccountWork } from '../src/work/account-work.ts';
      import type { LockedWork } from '../src/work/locked-work.ts';
      declare const looking: AccountWork; declare const locked: LockedWork;`,
    refused: mutating.map((call) => `await (await looking.connection.session()).${call};`),
    code: noProperty,
    sound: mutating.map((call) => `await (await locked.connection.session()).${call};`),
  },
  {
    name: 'makePlan accepts a MailReader, and a MailReader is not taken for a MailSession',
    head: `${mail} import { makePlan } from '../src/plan/plan.ts';
      import type { PlanInput } from '../src/plan/candidates.ts';
      declare const reader: MailReader; declare const input: Omit<PlanInput, 'session'>;
      declare function change(session: MailSession): void;`,
    refused: ['change(reader);'],
    code: unfit,
    sound: ['await makePlan({ ...input, session: reader });', 'change(session);'],
  },
  {
    name: 'a Store removes nothing, nor does one that a gate opened',
    head: `import type { RemovableStore, Store } from '../src/ports/store.ts';
      import type { LockedWork } from '../src/work/locked-work.ts';
      declare const path: string; declare const store: Store;
      declare const removable: RemovableStore; declare const locked: LockedWork;`,
    refused: [
      ...removing.map((call) => `store.${call};`),
      ...removing.map((call) => `(await locked.gate.open(path)).${call};`),
      ...removing.map((call) => `locked.gate.find(path).${call};`),
    ],
    code: noProperty,
    sound: removing.map((call) => `void removable.${call};`),
  },
  {
    name: 'what changes mail or the catalog of an account takes no work without its lock',
    head: `import { archive } from '../src/archive/archive.ts';
      import { seal } from '../src/archive/seal.ts';
      import { backToPending, recordEnd, recordIntent } from '../src/purge/delete-state.ts';
      import { Deletion } from '../src/purge/delete.ts';
      import { recoverIntents, releaseStale } from '../src/purge/recover.ts';
      import { runAccount } from '../src/run/run.ts';
      import type { AccountWork } from '../src/work/account-work.ts';
      import type { LockedWork } from '../src/work/locked-work.ts';
      type Rest<F> = F extends (work: LockedWork, ...rest: infer R) => unknown ? R : never;
      declare const looking: AccountWork; declare const locked: LockedWork;
      declare const rest: {
        archive: Rest<typeof archive>; seal: Rest<typeof seal>; run: Rest<typeof runAccount>;
        back: Rest<typeof backToPending>; end: Rest<typeof recordEnd>; intent: Rest<typeof recordIntent>;
        recover: Rest<typeof recoverIntents>; stale: Rest<typeof releaseStale>;
      };
      declare const parts: ConstructorParameters<typeof Deletion>;`,
    refused: locking('looking'),
    code: unfit,
    sound: locking('locked'),
  },
];

function locking(work: string): readonly string[] {
  return [
    `await archive(${work}, ...rest.archive);`,
    `await seal(${work}, ...rest.seal);`,
    `await recordIntent(${work}, ...rest.intent);`,
    `await recordEnd(${work}, ...rest.end);`,
    `await backToPending(${work}, ...rest.back);`,
    `await recoverIntents(${work}, ...rest.recover);`,
    `await releaseStale(${work}, ...rest.stale);`,
    `await runAccount(${work}, ...rest.run);`,
    `new Deletion(${work}, parts[1], parts[2]).remove;`,
  ];
}

let faults: readonly TypeFault[];

const fileOf = (index: number): string => `canary-${index}.ts`;
/** The head on one line, so that a line of a canary is its place in the list and one. */
const textOf = ({ head, refused, sound }: Canary): string =>
  [`${head.replaceAll('\n', ' ')} export {};`, ...refused, ...sound, ''].join('\n');

before(async () => {
  faults = await typeFaults(new Map(canaries.map((canary, index) => [fileOf(index), textOf(canary)])));
});

for (const [index, { name, refused, code, sound }] of canaries.entries()) {
  test(name, () => {
    assert.ok(refused.length > 0 && sound.length > 0);
    const found = faults.filter(({ file }) => file === fileOf(index));
    const lines = textOf(canaries[index] ?? assert.fail()).split('\n');
    assert.deepEqual(
      found.map(({ line }) => lines[line - 1]),
      refused,
    );
    for (const fault of found) assert.match(fault.code, code, fault.text);
  });
}

test('tsc has nothing else against these files, or against the program itself', () => {
  const made = new Set(canaries.map((_canary, index) => fileOf(index)));
  assert.deepEqual(
    faults.filter(({ file }) => !made.has(file)),
    [],
  );
});
