import type { ImapFlowOptions } from 'imapflow';
import type { AccountConfig } from '../config/config.ts';
import { MothballError } from '../errors.ts';
import type { AccessTokens } from '../ports/tokens.ts';

/** What a login sends. */
export type LoginSecrets = NonNullable<ImapFlowOptions['auth']>;

/**
 * The credentials of an account, read now. `refused`: the access token that the server refused a
 * moment ago; a token that Mothball fetches itself is then a new one. @throws as Secret.read and
 * AccessTokens.token.
 */
export async function loginSecrets(
  { server, account, auth }: AccountConfig,
  tokens: AccessTokens | null,
  refused: string | null,
): Promise<LoginSecrets> {
  switch (auth.type) {
    case 'password':
      return { user: auth.user, pass: await auth.password.read() };
    case 'oauth2':
      return { user: auth.user, accessToken: await auth.token.read() };
    case 'grant':
      if (tokens === null)
        throw new MothballError(
          { fact: `${server}/${account}: nothing here gets access tokens`, notDone: 'no login was sent' },
          { code: 'config' },
        );
      return { user: auth.user, accessToken: await tokens.token({ server, account }, refused) };
    case 'master': {
      const pass = await auth.password.read();
      if (auth.style === 'separator') return { user: `${auth.user}${auth.separator}${auth.master}`, pass };
      return { user: auth.master, pass, authzid: auth.user, loginMethod: 'AUTH=PLAIN' };
    }
  }
}

/** What to check at the provider when the mail server refuses an access token; null: nothing special. */
export function tokenAdvice({ auth }: AccountConfig): string | null {
  if (auth.type === 'oauth2')
    return 'Check that the token is one for mail, of this user, and that it has not ended';
  if (auth.type !== 'grant') return null;
  const { provider, grant } = auth.config;
  switch (`${provider.kind}/${grant.kind}`) {
    case 'microsoft/clientCredentials':
      return 'In Exchange Online PowerShell, register the application with New-ServicePrincipal, using the Object ID that Enterprise applications (not App registrations) shows, and give it the mailbox with Add-MailboxPermission -AccessRights FullAccess; IMAP.AccessAsApp needs admin consent, and the mailbox needs Set-CASMailbox -ImapEnabled $true. Changes take up to an hour';
    case 'microsoft/refreshToken':
      return 'Sign in as the user of the mailbox, or as one with Full Access to it; in the Microsoft 365 admin center, Active users, Mail, Manage email apps: allow IMAP. A shared mailbox has its own address as user';
    case 'google/serviceAccount':
      return 'In the Google Admin console, Apps, Google Workspace, Gmail, End User Access, POP and IMAP access: enable IMAP for this user, and delegate the scope https://mail.google.com/ to the service account';
    case 'google/refreshToken':
      return 'In the Google Admin console, Apps, Google Workspace, Gmail, End User Access, POP and IMAP access: enable IMAP; sign in as this very user with the scope https://mail.google.com/';
    default:
      return 'Check that the provider gives tokens for this user and mail server: scope, audience and user name';
  }
}
