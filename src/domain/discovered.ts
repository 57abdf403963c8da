import type { ProfileName } from './profiles.ts';

/** How a connection is encrypted, as `servers.NAME.tls` says it. Nothing else is ever proposed. */
export type DiscoveredTls = 'implicit' | 'starttls';

/** What is the login's name: the whole address, or what is before its `@`. */
export type DiscoveredUser = 'address' | 'local part' | 'other';

export type DiscoveredSignIn = 'password' | 'app password' | 'oauth2';

/** An IMAP server that some source names for an address. */
export interface DiscoveredServer {
  readonly host: string;
  readonly port: number;
  readonly tls: DiscoveredTls;
  readonly user: DiscoveredUser;
  /** The best first; empty: the source does not say. */
  readonly signIn: readonly DiscoveredSignIn[];
  readonly profile: ProfileName;
  /** Where it was found, for people. */
  readonly source: string;
}

/** One source that was asked, and what it said. */
export interface DiscoveryStep {
  readonly source: string;
  /** `found`, or why nothing came of it. */
  readonly result: string;
}

export interface Discovery {
  /** Null: no source knows a server that is safe to use. */
  readonly server: DiscoveredServer | null;
  readonly steps: readonly DiscoveryStep[];
}
