import assert from 'node:assert/strict';
import test from 'node:test';
import { googleRemedy } from '../../src/oauth/google-errors.ts';
import { microsoftRemedy } from '../../src/oauth/microsoft-errors.ts';

/** What Microsoft says, and where the setting is that is missing. */
const microsoft: readonly (readonly [text: string, place: RegExp])[] = [
  ["AADSTS90002: Tenant 'x' not found.", /tenant .*Overview/],
  [
    "AADSTS700016: Application with identifier 'x' was not found in the directory 'y'.",
    /Application \(client\) ID/,
  ],
  ['AADSTS7000215: Invalid client secret provided.', /copy its Value, not its Secret ID/],
  [
    'AADSTS7000222: The provided client secret keys for app are expired.',
    /has expired.*Certificates & secrets/,
  ],
  [
    "AADSTS7000218: The request body must contain: 'client_assertion' or 'client_secret'.",
    /Allow public client flows/,
  ],
  [
    'AADSTS700027: Client assertion failed signature validation.',
    /upload the file that clientCertificateFile/,
  ],
  ['AADSTS65001: The user or administrator has not consented to use the application', /Grant admin consent/],
  ['AADSTS1002012: The provided value for scope is not valid.', /\.default with clientCredentials/],
  ['AADSTS50105: The signed in user is not assigned to a role for the application.', /Users and groups/],
  ['AADSTS700082: The refresh token has expired due to inactivity.', /mothball login/],
  ['AADSTS50173: The provided grant has expired due to it being revoked', /revoked.*mothball login/],
  ['AADSTS50076: you must use multi-factor authentication', /second factor.*mothball login/],
  ['AADSTS53003: Access has been blocked by Conditional Access policies.', /Conditional Access/],
  ['AADSTS7000112: Application is disabled.', /Enabled for users to sign-in/],
];

test('each refusal of Microsoft names the setting and its place in the admin center', () => {
  for (const [text, place] of microsoft) assert.match(microsoftRemedy(text)?.remedy ?? '', place, text);
  assert.equal(microsoftRemedy('AADSTS90033: A transient error has occurred.')?.passing, true);
  assert.equal(microsoftRemedy('AADSTS1234567: new'), null);
  assert.equal(microsoftRemedy('no number'), null);
});

const google: readonly (readonly [error: string, text: string, place: RegExp])[] = [
  [
    'unauthorized_client',
    'Client is unauthorized to retrieve access tokens using this method, or client not authorized for any of the scopes requested.',
    /domain-wide delegation/,
  ],
  ['invalid_grant', 'Invalid email or User ID', /Directory, Users/],
  ['invalid_grant', 'Invalid JWT Signature.', /make a new JSON key/],
  ['invalid_grant', 'Invalid grant: account not found', /Service accounts/],
  ['invalid_grant', 'Invalid JWT: Token must be a short-lived token (60 minutes)', /clock/],
  ['invalid_grant', 'Token has been expired or revoked.', /publish the app.*mothball login/],
  ['invalid_grant', '', /mothball login/],
  ['invalid_client', 'The OAuth client was not found.', /Desktop app/],
  ['admin_policy_enforced', '', /Manage app access/],
];

test('each refusal of Google names the setting and its place in the consoles', () => {
  for (const [error, text, place] of google)
    assert.match(googleRemedy(error, text)?.remedy ?? '', place, text);
  assert.equal(googleRemedy('internal_failure', '')?.passing, true);
  assert.equal(googleRemedy('something_new', ''), null);
});
