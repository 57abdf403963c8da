import type { Mutant } from './mutant.ts';

/** Ways to be careless in the second half, in recovery, restore and expire, and below all of them. */
export const purgeMutants: readonly Mutant[] = [
  {
    name: 'does not wait for the grace',
    patches: [
      {
        file: 'purge/purge-due.ts',
        from: 'add(pendingSince, policy.delete.after, policy.timezone).getTime() <= now;',
        to: 'add(pendingSince, policy.delete.after, policy.timezone).getTime() <= now * 2;',
      },
    ],
    caughtBy: 'usualLife',
  },
  {
    name: 'writes no receipts',
    patches: [
      {
        file: 'archive/receipt.ts',
        from: '  try {\n    await work.gate',
        to: '  if (receipt.version === 1) return;\n  try {\n    await work.gate',
      },
    ],
    caughtBy: 'receipt',
  },
  {
    name: 'writes no receipt for what recovery finds gone',
    patches: [
      {
        file: 'purge/recover.ts',
        from: "await writeReceipt(work, record, { mode: 'recovered', lines: linesOf(gone) });",
        to: 'return new Map();',
      },
    ],
    caughtBy: 'recovered',
  },
  {
    name: 'does not fence what a dead process may still be marking',
    patches: [{ file: 'purge/recover.ts', from: 'await session.fence([...flags.keys()], null);', to: '' }],
    caughtBy: 'fence',
  },
  {
    name: 'leaves the marks of a dead process',
    patches: [
      {
        file: 'purge/recover.ts',
        from: 'return unmarkEach(session, marked);',
        to: '',
      },
    ],
    caughtBy: 'recovered',
  },
  {
    name: 'settles intents in whatever folder has that name now',
    patches: [
      {
        file: 'purge/recover.ts',
        from: 'if (!known || !sameFolder(await session.select(record.folder), record)) {',
        to: 'if (!known || (await session.select(record.folder)) === null) {',
      },
    ],
    caughtBy: 'recoverFolder',
  },
  {
    name: 'moves mail to Trash whose flags changed since the recheck',
    patches: [
      {
        file: 'purge/trash.ts',
        from: 'const targets = await unchanged(session, chunk.targets);',
        to: 'const targets = chunk.targets;',
      },
      {
        file: 'purge/trash.ts',
        from: 'const moving = await fenced({ work, session, chunk, skips }, targets);',
        to: 'const moving = targets;',
      },
    ],
    caughtBy: 'trashFlags',
  },
  {
    name: 'takes a MOVE without COPYUID for done',
    patches: [
      {
        file: 'purge/trash.ts',
        from: 'entries.filter((entry) => arrived.has(entry.uid) && !present.has(entry.uid))',
        to: 'entries.filter((entry) => !present.has(entry.uid))',
      },
    ],
    caughtBy: 'trashCopyUid',
  },
  {
    name: 'believes a COPYUID of another Trash',
    patches: [
      {
        file: 'purge/trash.ts',
        from: 'if (result.pairs === null || result.targetUidValidity !== state.uidValidity) return arrived;',
        to: 'if (result.pairs === null || state === null) return arrived;',
      },
    ],
    caughtBy: 'trashAnother',
  },
  {
    name: 'does not compare the copy in Trash',
    patches: [
      {
        file: 'purge/trash.ts',
        from: 'sameMessage({ ...entry, emailId: null }, meta)',
        to: 'meta !== null',
      },
    ],
    caughtBy: 'trashCopy',
  },
  {
    name: 'counts what is still in its folder as moved',
    patches: [
      {
        file: 'purge/trash.ts',
        from: 'entries.filter((entry) => arrived.has(entry.uid) && !present.has(entry.uid))',
        to: 'entries.filter((entry) => arrived.has(entry.uid))',
      },
    ],
    caughtBy: 'trashStill',
  },
  {
    name: 'deletes mail whose size the server got wrong, unasked',
    patches: [
      {
        file: 'purge/recheck.ts',
        from: 'else if (entry.sizeMismatch && !policy.trustBodyOverSize)',
        to: 'else if (entry === null)',
      },
    ],
    caughtBy: 'sizeWrong',
  },
  {
    name: 'takes any clock that is behind',
    patches: [
      {
        file: 'preflight/clock-check.ts',
        from: 'if (acted === null || !isAhead(acted, now)) return null;',
        to: 'if (now !== null) return null;',
      },
    ],
    caughtBy: 'clockBehind',
  },
  {
    name: 'takes any clock that is ahead',
    patches: [
      {
        file: 'preflight/clock-check.ts',
        from: 'const longestSilenceMs = 400 * dayMs;',
        to: 'const longestSilenceMs = 400_000 * dayMs;',
      },
    ],
    caughtBy: 'clockAhead',
  },
  {
    name: "does not compare its clock with the store's",
    patches: [
      {
        file: 'preflight/clock-check.ts',
        from: 'if (clockAheadMs === null || Math.abs(clockAheadMs) <= dayMs) return;',
        to: 'if (clockAheadMs !== undefined) return;',
      },
    ],
    caughtBy: 'storeClock',
  },
  {
    name: 'expires while everything is paused',
    patches: [{ file: 'expire/expire.ts', from: 'await requireNotPaused(this.#work.catalog);', to: '' }],
    caughtBy: 'expirePaused',
  },
  {
    name: 'restores what is there already',
    patches: [
      {
        file: 'restore/put-mail.ts',
        from: 'if (copy === undefined && changed === 0) return false;',
        to: 'if (copy !== null || changed >= 0) return false;',
      },
    ],
    caughtBy: 'restoreTwice',
  },
  {
    name: 'commits without fsync',
    patches: [
      {
        file: 'catalog/pragmas.ts',
        from: "value: 'FULL', wanted: 2",
        to: "value: 'NORMAL', wanted: 1",
      },
    ],
    caughtBy: 'synchronous',
  },
  {
    name: 'works in an account that PREAUTH chose',
    patches: [
      {
        file: 'imap/guarded-client.ts',
        from: '    this.refusal ??= this.#preauth();\n    this.close();',
        to: '    await super.initialPREAUTH();',
      },
      {
        file: 'imap/guarded-client.ts',
        from: 'if (!this.#loginSent && isAuthenticated(this)) throw this.#preauth();',
        to: '',
      },
    ],
    caughtBy: 'preauth',
  },
  {
    name: 'logs in although STARTTLS was stripped',
    patches: [
      {
        file: 'imap/connect.ts',
        from: "doSTARTTLS: server.tls === 'implicit' ? undefined : server.tls === 'starttls',",
        to: 'doSTARTTLS: undefined,',
      },
      {
        file: 'imap/guarded-client.ts',
        from: 'if (this.#rules.requireTls && !isEncrypted(this)) {',
        to: "if (this.#rules.who === '') {",
      },
    ],
    caughtBy: 'startTls',
  },
];
