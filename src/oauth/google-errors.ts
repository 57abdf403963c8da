import type { Remedy } from './microsoft-errors.ts';

const delegation =
  'In the Google Admin console, Security, Access and data control, API controls, Manage domain-wide delegation: add the client ID of the service account with the scope https://mail.google.com/';
const again = 'Sign in again with `mothball login ACCOUNT`';

/** By the error, and a part of its description where one error means several things. The first that fits counts. */
const table: readonly (readonly [string, RegExp, string])[] = [
  [
    'unauthorized_client',
    /unauthorized to retrieve access tokens|not authorized for any of the scopes/i,
    delegation,
  ],
  ['access_denied', /not authorized/i, delegation],
  [
    'invalid_grant',
    /invalid email or user id/i,
    'This user does not exist in Google Workspace, or is suspended. In the Google Admin console, Directory, Users: check the address',
  ],
  [
    'invalid_grant',
    /account not found/i,
    'The service account is gone. In the Google Cloud console, IAM & Admin, Service accounts: look for it, and make a new JSON key',
  ],
  [
    'invalid_grant',
    /signature/i,
    'The key of the service account was removed or is another. In the Google Cloud console, IAM & Admin, Service accounts, Keys: make a new JSON key and name its file in serviceAccountFile',
  ],
  [
    'invalid_grant',
    /short-lived|timeframe|iat|exp values/i,
    'The clock of this machine differs from that of Google. Set it by NTP',
  ],
  [
    'invalid_grant',
    /reauth|rapt/i,
    `The session control of Google Workspace asks for a new sign-in. In the Google Admin console, Security, Google Cloud session control: exempt trusted applications. ${again}`,
  ],
  [
    'invalid_grant',
    /./,
    `The sign-in was revoked, was not used for six months, or ended after 7 days because the consent screen is in testing. In the Google Cloud console, Google Auth Platform, Audience: publish the app. ${again}`,
  ],
  [
    'invalid_client',
    /./,
    'clientId or clientSecret is wrong. In the Google Cloud console, Google Auth Platform, Clients: copy both from a client of type "Desktop app"',
  ],
  [
    'deleted_client',
    /./,
    'The client was deleted. In the Google Cloud console, Google Auth Platform, Clients: make a new one',
  ],
  [
    'disabled_client',
    /./,
    'The project is disabled. In the Google Cloud console, check the project and its billing',
  ],
  [
    'unauthorized_client',
    /./,
    'The client may not be used so. In the Google Cloud console, Google Auth Platform, Clients: use one of type "Desktop app"',
  ],
  ['invalid_scope', /./, 'Leave scope out: mail needs https://mail.google.com/'],
  [
    'admin_policy_enforced',
    /./,
    'In the Google Admin console, Security, Access and data control, API controls, Manage app access: trust this client ID',
  ],
  ['org_internal', /./, 'The app is only for users of its own organisation. Sign in as one of them'],
  [
    'access_denied',
    /./,
    'The user refused, or is no test user. In the Google Cloud console, Google Auth Platform, Audience: add the user, or publish the app',
  ],
];

/** The remedy for a refusal of Google; null: not known. */
export function googleRemedy(error: string, description: string): Remedy | null {
  if (/^(?:internal_failure|temporarily_unavailable|rate_limit_exceeded|server_error)$/.test(error))
    return { remedy: 'Google is busy; it is tried again', passing: true };
  const found = table.find(
    ([name, words]) => name === error && words.test(description === '' ? '-' : description),
  );
  return found === undefined ? null : { remedy: found[2] };
}
