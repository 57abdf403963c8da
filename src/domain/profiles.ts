/** The kinds of server that differ in more than RFCs say. */
export const profileNames = [
  'gmail',
  'microsoft365',
  'yahoo',
  'icloud',
  'zimbra',
  'proton-bridge',
  'exchange',
  'dovecot',
  'cyrus',
  'courier',
  'generic',
] as const;

export type ProfileName = (typeof profileNames)[number];

/** What a profile sets where mothball.yaml says nothing, and what it says of the server. */
export interface Profile {
  /** Accounts worked on at a time (`maxConnections`). */
  readonly connections: number;
  /** Logins tried before the account counts as failed (`connectAttempts`). */
  readonly attempts: number;
  /** How long one command may take, in milliseconds (`commandTimeout`). */
  readonly commandTimeoutMs: number;
  /** Bytes of mail read in a second (`maxBytesPerSecond`); null: no limit. */
  readonly pace: number | null;
  /** False: RFC822.SIZE is an estimate, which a policy has to allow for by `trustBodyOverSize`. */
  readonly exactSizes: boolean;
  /** Ways to sign in, the best first. */
  readonly signIn: readonly ('oauth2' | 'app password' | 'password' | 'master user')[];
}

const usual: Profile = {
  connections: 8,
  attempts: 3,
  commandTimeoutMs: 120_000,
  pace: null,
  exactSizes: true,
  signIn: ['password', 'oauth2'],
};

/** Services that count connections and logins, and refuse for a while what is too much. */
const hosted: Profile = { ...usual, connections: 4, attempts: 5, signIn: ['app password', 'oauth2'] };

/** The whole table: docs/servers.md shows it, and a test compares the two. */
export const profiles: Readonly<Record<ProfileName, Profile>> = {
  gmail: { ...hosted, signIn: ['oauth2', 'app password'] },
  microsoft365: {
    ...hosted,
    commandTimeoutMs: 300_000,
    exactSizes: false,
    signIn: ['oauth2'],
  },
  yahoo: { ...hosted, connections: 2 },
  icloud: { ...hosted, connections: 2, signIn: ['app password'] },
  zimbra: { ...usual, signIn: ['password', 'master user'] },
  'proton-bridge': { ...usual, connections: 1, signIn: ['password'] },
  exchange: { ...usual, attempts: 5, commandTimeoutMs: 300_000, exactSizes: false, signIn: ['password'] },
  dovecot: { ...usual, signIn: ['master user', 'password', 'oauth2'] },
  cyrus: { ...usual, signIn: ['master user', 'password', 'oauth2'] },
  courier: { ...usual, signIn: ['password'] },
  generic: usual,
};

/** A profile, and why it was chosen, for people. */
export interface ChosenProfile {
  readonly name: ProfileName;
  readonly why: string;
}

/** Hosts by their ends; a name that begins with a dot stands for all names that end in it. */
const hosts: readonly (readonly [ProfileName, readonly string[]])[] = [
  ['gmail', ['imap.gmail.com', 'imap.googlemail.com']],
  [
    'microsoft365',
    [
      'outlook.office365.com',
      'outlook.office.com',
      'imap-mail.outlook.com',
      'outlook.office365.us',
      'partner.outlook.cn',
    ],
  ],
  ['yahoo', ['.mail.yahoo.com', 'imap.aol.com', 'export.imap.aol.com']],
  ['icloud', ['.mail.me.com']],
];

/** The profile that a host name alone gives away; null for most. */
export function profileOfHost(host: string): ChosenProfile | null {
  const name = host.toLowerCase().replace(/\.$/, '');
  const found = hosts.find(([, ends]) =>
    ends.some((end) => (end.startsWith('.') ? name.endsWith(end) : name === end)),
  );
  return found === undefined ? null : { name: found[0], why: `its host is ${name}` };
}

/** What a server says of itself at the login. */
export interface ServerTraits {
  /** In capitals. */
  readonly capabilities: ReadonlySet<string>;
  /** The name in its answer to ID (RFC 2971); empty: none. */
  readonly id: string;
  readonly greeting: string;
}

const capabilities: readonly (readonly [ProfileName, string])[] = [
  ['gmail', 'X-GM-EXT-1'],
  ['yahoo', 'XYMHIGHESTMODSEQ'],
  ['icloud', 'XAPPLEPUSHSERVICE'],
  ['courier', 'XCOURIEROUTBOX'],
];

const ids: readonly (readonly [ProfileName, RegExp])[] = [
  ['exchange', /^Microsoft\.Exchange\b/i],
  ['gmail', /^GImap$/i],
  ['proton-bridge', /proton|\bgluon\b/i],
  ['zimbra', /^Zimbra\b/i],
  ['cyrus', /^Cyrus\b/i],
  ['dovecot', /^Dovecot\b/i],
];

const greetings: readonly (readonly [ProfileName, RegExp])[] = [
  ['exchange', /^The Microsoft Exchange IMAP4 service\b/i],
  ['courier', /\bCourier-IMAP\b/i],
  ['cyrus', /\bCyrus IMAP\b/i],
  ['dovecot', /\bDovecot\b/i],
  ['zimbra', /\bZimbra IMAP\b/i],
];

/** The profile of a server that no host name gives away: by capability, then ID, then greeting. */
export function profileOfServer({ capabilities: offered, id, greeting }: ServerTraits): ChosenProfile {
  // Dovecot offers XAPPLEPUSHSERVICE too where Apple's patch is built in, and says so in ID.
  const named = ids.find(([, pattern]) => pattern.test(id));
  const able = capabilities.find(([, name]) =>
    [...offered].some((word) => word === name || word.startsWith(`${name}=`)),
  );
  if (able !== undefined && (named === undefined || able[0] === 'gmail'))
    return { name: able[0], why: `it offers ${able[1]}` };
  if (named !== undefined) return { name: named[0], why: `it calls itself "${id}"` };
  const greeted = greetings.find(([, pattern]) => pattern.test(greeting));
  if (greeted !== undefined) return { name: greeted[0], why: 'its greeting says so' };
  return { name: 'generic', why: 'nothing in its host, capabilities or ID is known' };
}
