/** What to set in which console of Microsoft, by the number of the error. */
export interface Remedy {
  readonly remedy: string;
  /** True: it passes by itself. */
  readonly passing?: boolean;
}

const registration = 'In the Entra admin center, App registrations, your application';
const again = 'Sign in again with `mothball login ACCOUNT`';

const table: readonly (readonly [readonly number[], string])[] = [
  [
    [90002, 900023, 90013],
    'Set tenant to the "Directory (tenant) ID" that the Entra admin center shows under Overview',
  ],
  [
    [700016, 70001, 900144],
    `Set clientId to the "Application (client) ID", and tenant to the tenant where the application is registered. ${registration}, Overview shows both`,
  ],
  [
    [7000215, 50012],
    `The client secret is wrong. ${registration}, Certificates & secrets: make a new client secret and copy its Value, not its Secret ID`,
  ],
  [
    [7000222],
    `The client secret has expired. ${registration}, Certificates & secrets: make a new client secret and put its Value there`,
  ],
  [
    [7000218],
    `${registration}, Authentication, Advanced settings: set "Allow public client flows" to Yes for a sign-in without clientSecret; else set the clientSecret`,
  ],
  [
    [700025],
    `The application is a public client: remove the clientSecret here, or ${lower(registration)}, Authentication, set "Allow public client flows" to No`,
  ],
  [
    [700027, 7000214, 50013],
    `The certificate is not known there. ${registration}, Certificates & secrets, Certificates: upload the file that clientCertificateFile names`,
  ],
  [
    [1000502],
    `The client certificate has expired. ${registration}, Certificates & secrets: upload a new one`,
  ],
  [[700024], 'The clock of this machine differs from that of Microsoft. Set it by NTP'],
  [
    [7000112, 70011111],
    'The application is disabled. In the Entra admin center, Enterprise applications, your application, Properties: set "Enabled for users to sign-in" to Yes',
  ],
  [
    [65001, 65004, 90094, 90095, 90093],
    `${registration}, API permissions: add the permission for IMAP of Office 365 Exchange Online (IMAP.AccessAsApp for clientCredentials, IMAP.AccessAsUser.All for refreshToken), then press "Grant admin consent"`,
  ],
  [
    [70011, 1002012, 28002, 650053],
    'The scope is wrong: leave scope out, or use https://outlook.office365.com/.default with clientCredentials and https://outlook.office.com/IMAP.AccessAsUser.All offline_access with refreshToken',
  ],
  [
    [500011, 650052],
    'Exchange Online is unknown in this tenant. Check tenant, and that the organisation has a subscription with Exchange Online',
  ],
  [
    [50105],
    'In the Entra admin center, Enterprise applications, your application, Users and groups: add the user, or set "Assignment required" to No under Properties',
  ],
  [
    [50034, 50020, 90072],
    'The user does not exist in this tenant. Sign in as a user of it, or correct tenant',
  ],
  [[50057], 'The user is disabled. In the Microsoft 365 admin center, Active users: unblock the sign-in'],
  [
    [50053],
    'The user is locked after too many wrong passwords, or the address is blocked. Try later, then sign in again',
  ],
  [
    [70008, 700082, 700084, 70043, 700081],
    `The sign-in has expired, since it was not used or must be renewed. ${again}`,
  ],
  [
    [50173, 70000, 700003, 54005, 50132, 50133],
    `The sign-in was revoked, for example by a new password. ${again}`,
  ],
  [
    [50076, 50079, 50074, 50072, 50158, 50078],
    `The user must prove the sign-in by a second factor. ${again}`,
  ],
  [
    [53000, 53001, 53002, 53003, 53004, 530003, 530035, 53011],
    'A Conditional Access policy blocks it. In the Entra admin center, Conditional Access, Sign-in logs show which: exclude this application or user, allow the device code flow, or allow the address of this machine',
  ],
  [
    [50194],
    `Set tenant to your own tenant instead of "common", or ${lower(registration)}, Authentication: allow accounts of other tenants`,
  ],
  [[50059], 'Set tenant to your own tenant ID'],
  [[70019, 70020, 70018], 'The code was not typed in time. Run `mothball login ACCOUNT` again'],
  [
    [50011],
    `${registration}, Authentication, Add a platform, Mobile and desktop applications: add http://localhost`,
  ],
];

/** These pass by themselves. */
const passing = new Set([90033, 90055, 90056, 50196, 90024, 50197, 90025, 90020]);

/** The remedy for a refusal of Microsoft; null: not known. `text` has AADSTS numbers. */
export function microsoftRemedy(text: string): Remedy | null {
  const number = Number(/\bAADSTS(\d{4,8})\b/.exec(text)?.[1] ?? Number.NaN);
  if (passing.has(number)) return { remedy: 'Microsoft is busy; it is tried again', passing: true };
  const found = table.find(([numbers]) => numbers.includes(number));
  return found === undefined ? null : { remedy: found[1] };
}

function lower(text: string): string {
  return text.charAt(0).toLowerCase() + text.slice(1);
}
