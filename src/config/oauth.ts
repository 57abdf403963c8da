import type { RefreshToken } from './refresh-token.ts';
import type { Secret } from './secret.ts';

/** Who gives the tokens. */
export interface OAuthProvider {
  /** Whose admin console the messages speak of. */
  readonly kind: 'microsoft' | 'google' | 'other';
  /** The URL that its metadata are discovered from (OpenID Connect Discovery); null: by the endpoints alone. */
  readonly issuer: string | null;
  /** Null: as discovered, or there is none. */
  readonly tokenUrl: string | null;
  readonly deviceUrl: string | null;
  readonly authorizeUrl: string | null;
}

/** How the application proves itself to the provider. */
export type OAuthClient =
  | { readonly kind: 'public' }
  | { readonly kind: 'secret'; readonly secret: Secret; readonly style: 'basic' | 'post' }
  /** Paths of a PEM certificate and, as a secret, of its private key (RFC 7523). */
  | { readonly kind: 'certificate'; readonly certFile: string; readonly privateKey: Secret };

export type OAuthGrant =
  | { readonly kind: 'clientCredentials' }
  | { readonly kind: 'refreshToken'; readonly token: RefreshToken }
  /** A signed JWT in the name of the user (RFC 7523 §2.1); the secret is Google's JSON key file. */
  | { readonly kind: 'serviceAccount'; readonly account: Secret; readonly subject: string };

/** How access tokens of one credential are got. Several accounts may share one. */
export interface OAuthConfig {
  readonly provider: OAuthProvider;
  /** Empty with a service account, whose file has it. */
  readonly clientId: string;
  readonly client: OAuthClient;
  readonly grant: OAuthGrant;
  /** Separated by blanks; empty: the provider's default. */
  readonly scope: string;
}
