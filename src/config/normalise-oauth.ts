import type { Auth } from './config.ts';
import type { OAuthClient, OAuthConfig, OAuthGrant, OAuthProvider } from './oauth.ts';
import { RefreshToken } from './refresh-token.ts';
import type { OAuthInput } from './schema-auth.ts';
import type { Scope } from './scope.ts';
import type { Path } from './yaml-source.ts';

type Key = keyof OAuthInput;

/** Who signs in: the names that the configuration has for it. */
export interface LoginName {
  readonly server: string;
  readonly user: string;
}

/** A name from the configuration with the user in the place of {user}, and what is before its @ for {local}. */
export function withUser(text: string, user: string): string {
  return text.replaceAll('{user}', () => user).replaceAll('{local}', () => user.replace(/@[^@]*$/, ''));
}

/** The same in a path, where a name must not lead elsewhere. */
function pathWithUser(text: string, user: string): string {
  const safe = user
    .toWellFormed()
    .replace(/[^A-Za-z0-9@._+-]|^\./gu, (char) => encodeURIComponent(char).replace('.', '%2E'));
  return withUser(text, safe);
}

/** How accounts with this entry get their tokens; what must not be is reported, and null returned. */
export function normaliseOAuth(
  scope: Scope,
  path: Path,
  input: OAuthInput,
): ((name: LoginName) => Auth) | null {
  const faults = scope.problems.length;
  const { grant } = input;
  if (grant === undefined) return null;
  checkKeys(scope, path, input);
  const provider = providerOf(scope, path, input);
  const client = clientOf(scope, path, input);
  const grantFor = grantOf(scope, path, input);
  if (client === null || grantFor === null || scope.problems.length > faults) return null;
  const common = { provider, client, clientId: input.clientId ?? '', scope: scopeOf(input) };
  return (name) => {
    const user = withUser(input.login ?? '{user}', name.user);
    const config: OAuthConfig = { ...common, grant: grantFor({ ...name }) };
    return { type: 'grant', user, config };
  };
}

/** Keys that mean nothing with the chosen grant, and keys that it needs. */
function checkKeys(scope: Scope, path: Path, input: OAuthInput): void {
  const { grant } = input;
  const only = (keys: readonly Key[], grants: readonly string[]): void => {
    for (const key of keys)
      if (input[key] !== undefined && !grants.includes(grant ?? ''))
        scope.report([...path, key], `is valid only with grant: ${grants.join(' or ')}`, 'key');
  };
  only(['refreshTokenFile', 'refreshTokenCommand', 'saveRefreshTokenCommand'], ['refreshToken']);
  only(['deviceUrl', 'authorizeUrl'], ['refreshToken']);
  only(['serviceAccountFile'], ['serviceAccount']);
  only(['clientCertificateFile', 'clientKeyFile', 'clientAuth'], ['clientCredentials', 'refreshToken']);
  if (grant !== 'serviceAccount' && input.clientId === undefined)
    scope.report(path, `grant: ${grant ?? ''} needs clientId`, 'key');
  if (input.provider !== 'microsoft')
    for (const key of ['tenant', 'authority'] as const)
      if (input[key] !== undefined)
        scope.report([...path, key], 'is valid only with provider: microsoft', 'key');
  if (grant === 'serviceAccount' && input.provider !== 'google')
    scope.report([...path, 'grant'], 'serviceAccount needs provider: google');
  if (grant === 'clientCredentials' && input.provider === 'google')
    scope.report(
      [...path, 'grant'],
      'Google has no client credentials for mail; use serviceAccount or refreshToken',
    );
  if (input.provider === 'microsoft' && input.tenant === undefined)
    scope.report(path, 'provider: microsoft needs tenant, the Directory (tenant) ID', 'key');
  if (input.provider === undefined && input.issuer === undefined && input.tokenUrl === undefined)
    scope.report(path, 'needs provider: microsoft or google, an issuer, or a tokenUrl', 'key');
  if (input.provider !== undefined && input.issuer !== undefined)
    scope.report([...path, 'issuer'], 'is valid only without provider', 'key');
}

const microsoft = 'https://login.microsoftonline.com';

function providerOf(scope: Scope, path: Path, input: OAuthInput): OAuthProvider {
  const { issuer, tokenUrl, deviceUrl, authorizeUrl } = input;
  const own = {
    tokenUrl: tokenUrl ?? null,
    deviceUrl: deviceUrl ?? null,
    authorizeUrl: authorizeUrl ?? null,
  };
  if (input.provider === 'microsoft') {
    const authority = (input.authority ?? microsoft).replace(/\/+$/, '');
    if (authority.includes('?')) scope.report([...path, 'authority'], 'must have no "?"');
    const at = `${authority}/${input.tenant ?? ''}/oauth2/v2.0`;
    return {
      kind: 'microsoft',
      issuer: null,
      tokenUrl: own.tokenUrl ?? `${at}/token`,
      deviceUrl: own.deviceUrl ?? `${at}/devicecode`,
      authorizeUrl: own.authorizeUrl ?? `${at}/authorize`,
    };
  }
  if (input.provider === 'google') {
    return {
      kind: 'google',
      issuer: null,
      tokenUrl: own.tokenUrl ?? 'https://oauth2.googleapis.com/token',
      // Google's device sign-in does not offer the scope of mail.
      deviceUrl: own.deviceUrl,
      authorizeUrl: own.authorizeUrl ?? 'https://accounts.google.com/o/oauth2/v2/auth',
    };
  }
  return { kind: 'other', issuer: issuer ?? null, ...own };
}

function scopeOf({ scope, provider, grant }: OAuthInput): string {
  if (scope !== undefined) return scope;
  if (provider === 'google') return 'https://mail.google.com/';
  if (provider === 'microsoft')
    return grant === 'clientCredentials'
      ? 'https://outlook.office365.com/.default'
      : 'https://outlook.office.com/IMAP.AccessAsUser.All offline_access';
  return grant === 'refreshToken' ? 'openid offline_access' : '';
}

function clientOf(scope: Scope, path: Path, input: OAuthInput): OAuthClient | null {
  const { clientCertificateFile: certificate, clientKeyFile: key } = input;
  const secret = scope.secret(path, 'clientSecret', {
    file: input.clientSecretFile,
    env: input.clientSecretEnv,
    command: input.clientSecretCommand,
  });
  const given = [input.clientSecretFile, input.clientSecretEnv, input.clientSecretCommand].filter(Boolean);
  if (given.length > 1) scope.report(path, 'needs one clientSecret at most', 'key');
  if (certificate === undefined && key === undefined) {
    if (input.grant === 'clientCredentials' && secret === null) {
      scope.report(
        path,
        'grant: clientCredentials needs a clientSecret, or a certificate and its key',
        'key',
      );
      return null;
    }
    const style = input.clientAuth ?? (input.provider === undefined ? 'basic' : 'post');
    return secret === null ? { kind: 'public' } : { kind: 'secret', secret, style };
  }
  const privateKey = scope.secret(path, 'clientKey', { file: key }, 'text');
  if (certificate === undefined || privateKey === null || secret !== null) {
    scope.report(
      path,
      'needs clientCertificateFile and clientKeyFile together, without a clientSecret',
      'key',
    );
    return null;
  }
  return { kind: 'certificate', certFile: scope.resolve(certificate), privateKey };
}

function grantOf(scope: Scope, path: Path, input: OAuthInput): ((name: LoginName) => OAuthGrant) | null {
  switch (input.grant) {
    case undefined:
      return null;
    case 'clientCredentials':
      return () => ({ kind: 'clientCredentials' });
    case 'serviceAccount': {
      const account = scope.secret(path, 'serviceAccount', { file: input.serviceAccountFile }, 'text');
      if (account !== null) {
        const { login } = input;
        return ({ user }) => ({
          kind: 'serviceAccount',
          account,
          subject: login === undefined ? user : withUser(login, user),
        });
      }
      scope.report(
        path,
        'grant: serviceAccount needs serviceAccountFile, the JSON key of the service account',
        'key',
      );
      return null;
    }
    case 'refreshToken':
      return refreshGrant(scope, path, input);
  }
}

function refreshGrant(scope: Scope, path: Path, input: OAuthInput): ((name: LoginName) => OAuthGrant) | null {
  const { refreshTokenFile: file, refreshTokenCommand: read, saveRefreshTokenCommand: save } = input;
  if ((file === undefined) === (read === undefined)) {
    scope.report(path, 'grant: refreshToken needs refreshTokenFile or refreshTokenCommand', 'key');
    return null;
  }
  if (file !== undefined && save !== undefined)
    scope.report([...path, 'saveRefreshTokenCommand'], 'is valid only with refreshTokenCommand', 'key');
  if (read !== undefined && save === undefined && input.provider !== 'google')
    scope.report(
      path,
      'refreshTokenCommand needs saveRefreshTokenCommand: the provider may renew the token',
      'key',
    );
  return ({ server, user }) => {
    const token =
      file !== undefined
        ? RefreshToken.fromFile(scope.resolve(pathWithUser(file, user)))
        : RefreshToken.fromCommands(read ?? '', save ?? null, scope.commandSources({ server, user }));
    scope.later([...path, 'refreshTokenFile'], token, user);
    return { kind: 'refreshToken', token };
  };
}
