import type { Mutant } from './mutant.ts';

/** Steps without which a login or its secrets would go to somebody else, or be lost. */
export const signInMutants: readonly Mutant[] = [
  {
    name: 'accepts another certificate than the pinned one',
    patches: [
      {
        file: 'imap/guarded-client.ts',
        from: 'fingerprints.includes(found)',
        to: 'fingerprints.length > 0',
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
];
