import type { Mutant } from './mutant.ts';

/** Ways to let one odd thing cost others, or to take one copy for another. */
export const isolationMutants: readonly Mutant[] = [
  {
    name: 'forgets that a message may still carry its mark',
    patches: [
      {
        file: 'purge/unmark.ts',
        from: 'if (part.length === 1 && first !== undefined) refused.set(first, error);',
        to: '',
      },
    ],
    caughtBy: 'refusedUnmark',
  },
  {
    name: 'settles deletions whatever the clock says',
    patches: [
      {
        file: 'run/settle.ts',
        from: "await requirePlausibleClock(work, 'nothing was settled');",
        to: '',
      },
    ],
    caughtBy: 'settleClock',
  },
  {
    name: 'leaves its marks where a STORE or EXPUNGE is refused',
    patches: [
      {
        file: 'purge/delete.ts',
        from: 'marked.map(({ meta }) => meta.uid),',
        to: '[],',
      },
    ],
    caughtBy: 'refusedMarks',
  },
  {
    name: 'deletes the halves of a refused chunk without a recheck',
    patches: [
      {
        file: 'purge/purge.ts',
        from: "const checked = 'targets' in part ? part : await recheckAndRecord(run, { ...due, entries: part });",
        to: "const checked = 'targets' in part ? part : { folder: { ...folder, highestModseq: null }, targets: part.map((entry) => ({ entry, flags: [] as string[] })) };",
      },
    ],
    caughtBy: 'refusedHalves',
  },
  {
    name: 'believes what a server says of headers now, and not what the manifest recorded',
    patches: [
      {
        file: 'purge/other-policies.ts',
        from: 'if (known === undefined || known.size === 0) return false;',
        to: 'if (known !== null) return false;',
      },
    ],
    caughtBy: 'recordedHeader',
  },
  {
    name: 'does not archive in halves what failed to read back twice',
    patches: [
      {
        file: 'domain/batching.ts',
        from: 'const middle = Math.ceil(group.length / 2);',
        to: 'const middle = group.length;',
      },
    ],
    caughtBy: 'suspectsAlone',
  },
  {
    name: 'blames a message for a store that keeps nothing readable',
    patches: [
      {
        file: 'archive/suspect.ts',
        from: '|| !(await isSound(work, batch, known))) return;',
        to: ') return;',
      },
    ],
    caughtBy: 'unsoundStore',
  },
  {
    name: 'starts the grace of a message again in a second archive',
    patches: [
      {
        file: 'archive/resume-grace.ts',
        from: 'copies.filter(({ uid }) => again.has(uid) && !waits.has(uid))',
        to: 'copies.filter(({ uid }) => again.has(uid) && waits !== null)',
      },
    ],
    caughtBy: 'graceTwice',
  },
  {
    name: 'opens a second connection again after the server ended one',
    patches: [
      {
        file: 'purge/delete-beside.ts',
        from: 'if (isConnectionLost(error)) run.work.secondSessions.refuse(error);',
        to: '',
      },
      {
        file: 'purge/delete-beside.ts',
        from: 'if (this.#second !== null && isConnectionLost(reason))',
        to: 'if (reason === null)',
      },
    ],
    caughtBy: 'secondConnection',
  },
  {
    name: 'lets one message wait in two archives, and counts it as freed twice',
    patches: [{ file: 'catalog/archives.ts', from: '.where(sql<SqlBool>`NOT ${waitsElsewhere}`)', to: '' }],
    caughtBy: 'waitsTwice',
  },
  {
    name: 'forgets which copies in Trash are its own',
    patches: [
      {
        file: 'purge/trash.ts',
        from: 'await remember(work, policy.name, { trash, result, done });',
        to: '',
      },
    ],
    caughtBy: 'trashRemembered',
  },
  {
    name: 'does not look in Trash for what a crashed run moved there',
    patches: [
      {
        file: 'purge/recover.ts',
        from: 'await isolated(ledger, () => rememberMoved(work, session, record, gone));',
        to: '',
      },
    ],
    caughtBy: 'trashRecovered',
  },
  {
    name: 'takes a manifest of other bytes for its own',
    patches: [
      {
        file: 'archive/sealing.ts',
        from: 'found.head.sha256 === manifest.head.sha256 &&',
        to: '',
      },
    ],
    caughtBy: 'sameArchive',
  },
  {
    name: 'takes a manifest of another version of the object for its own',
    patches: [
      {
        file: 'archive/sealing.ts',
        from: '(found.head.objectVersion ?? null) === (manifest.head.objectVersion ?? null) &&',
        to: '',
      },
    ],
    caughtBy: 'sameArchive',
  },
  {
    name: 'does not compare the lines of a manifest that it adopts',
    patches: [
      {
        file: 'archive/sealing.ts',
        from: 'manifest.messages.every((message, index) => alike(message, found.messages[index]))',
        to: 'manifest.messages.every((message, index) => alike(message, message) && index >= 0)',
      },
    ],
    caughtBy: 'sameArchive',
  },
  {
    name: 'settles intents in a folder that took the name of another one',
    patches: [
      {
        file: 'purge/whereabouts.ts',
        from: 'if (mailboxId !== null) return',
        to: "if (mailboxId !== '') return",
      },
    ],
    caughtBy: 'exchangedMarks',
  },
  {
    name: 'counts mail as deleted that is in a folder of another name',
    patches: [
      {
        file: 'purge/recover.ts',
        from: 'record.mailboxId === null ? sighting.absent : []',
        to: '[]',
      },
    ],
    caughtBy: 'exchangedGone',
  },
  {
    name: 'leaves its mark on a message that can not be read after a refused STORE',
    patches: [
      {
        file: 'purge/delete.ts',
        from: 'const seen = [...there, ...unclear];',
        to: 'const seen = [...there];',
      },
    ],
    caughtBy: 'unreadMark',
  },
  {
    name: 'removes marks in a folder of which it can read nothing',
    patches: [
      {
        file: 'purge/recover.ts',
        from: 'sighting.there.length > 0 ? present : []',
        to: 'present',
      },
    ],
    caughtBy: 'unreadFolder',
  },
];
