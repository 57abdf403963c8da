import type { Mutant } from './mutant.ts';

/** Steps without which a login or its secrets would go to somebody else, or be lost. */
export const signInMutants: readonly Mutant[] = [
  {
    name: 'accepts another certificate than the pinned one',
    patches: [
      {
        file: 'imap/fingerprint.ts',
        from: 'this.#fingerprints.includes(found)',
        to: 'this.#fingerprints.length > 0',
      },
    ],
    caughtBy: 'pinned',
  },
  {
    name: 'does not compare the name of the certificate with servername',
    patches: [
      { file: 'imap/server-tls.ts', from: 'checkServerIdentity(servername, certificate)', to: 'undefined' },
    ],
    caughtBy: 'otherName',
  },
  {
    name: 'does not keep a new refresh token',
    patches: [{ file: 'oauth/grants.ts', from: 'await (room ?? late)?.save(oneLine(next));', to: '' }],
    caughtBy: 'rotated',
  },
  {
    name: 'asks for a token without TLS',
    patches: [
      {
        file: 'oauth/http.ts',
        from: "if (!secure && !(url.protocol === 'http:' && isLoopback(url.hostname)))",
        to: 'if (url.port === "1")',
      },
    ],
    caughtBy: 'httpsOnly',
  },
  {
    name: 'shows what a provider repeats of a secret',
    patches: [{ file: 'oauth/failures.ts', from: "clean = clean.replaceAll(secret, '[secret]');", to: '{}' }],
    caughtBy: 'repeated',
  },
  {
    name: 'trusts any certificate',
    patches: [
      { file: 'imap/server-tls.ts', from: 'rejectUnauthorized: true', to: 'rejectUnauthorized: false' },
    ],
    caughtBy: 'certificate',
  },
  {
    name: 'gives an owner any message that is named',
    patches: [
      {
        file: 'web/own-mail.ts',
        from: "record.state !== 'expired' && sameAccount(record, this.#own)",
        to: "record.state !== 'expired'",
      },
    ],
    caughtBy: 'ownMail',
  },
  {
    name: 'lets an owner search all accounts',
    patches: [
      {
        file: 'web/own-mail.ts',
        from: 'accounts: [this.#own],',
        to: '',
      },
      {
        file: 'web/own-mail.ts',
        from: 'rows.filter((row) => sameAccount(row, this.#own)).slice(',
        to: 'rows.slice(',
      },
    ],
    caughtBy: 'ownSearch',
  },
  {
    name: 'restores mail of others for an owner',
    patches: [
      {
        file: 'daemon/restores.ts',
        from: 'owner === null ? null : [owner]',
        to: 'null',
      },
    ],
    caughtBy: 'ownRestore',
  },
  {
    name: 'lets passwords of owners be tried without end',
    patches: [{ file: 'web/owner-door.ts', from: 'if (seconds > 0)', to: 'if (seconds < 0)' }],
    caughtBy: 'guessed',
  },
  {
    name: 'takes forms of owners without their key',
    patches: [
      {
        file: 'web/owners/routes.ts',
        from: 'if (!door.keys.take(key, `${what} ${session.id}`))',
        to: 'if (!door.keys.take(key, `${what} ${session.id}`) && key === "-")',
      },
    ],
    caughtBy: 'ownForm',
  },
];
