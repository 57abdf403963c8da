import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import { note } from '../corpus/mailbox.ts';
import { seedUser } from '../corpus/seed.ts';
import type { Dovecot } from '../servers/dovecot.ts';
import { appClient, deviceClient, type Oidc } from '../servers/oidc.ts';
import { makeSite, policy, type Site } from './installation.ts';

/** `auth` of a person who signs in by a code; the issuer is to be added. */
export const byCode = {
  type: 'oauth2',
  grant: 'refreshToken',
  clientId: deviceClient.id,
  refreshTokenFile: './tokens/{user}',
};

interface OAuthWorld {
  readonly t: TestContext;
  readonly oidc: Oidc;
  readonly dovecot: Dovecot;
}

export interface OAuthWish {
  /** Default: that of Dovecot. */
  readonly port?: number;
  /** `auth` of the server; default: by a code. */
  readonly auth?: object;
}

/** A site with two old messages and a young one of this user, who has not signed in yet. */
export async function oauthSite(
  { t, oidc, dovecot }: OAuthWorld,
  user: string,
  wish: OAuthWish = {},
): Promise<Site> {
  await seedUser(dovecot, user, [note('old', 500), note('older', 700), note('young', 3)]);
  const auth = wish.auth ?? { ...byCode, issuer: oidc.issuer };
  const site = await makeSite({
    server: { port: wish.port ?? dovecot.port, auth },
    accounts: [{ user, server: 'main' }],
    policies: [policy('old', 365)],
  });
  t.after(() => site.remove());
  await mkdir(join(site.dir, 'tokens'));
  await writeFile(join(site.dir, 'client-secret'), `${appClient.secret}\n`, { mode: 0o600 });
  return site;
}

/** The same, whose user has signed in. */
export async function signedInSite(world: OAuthWorld, user: string, wish: OAuthWish = {}): Promise<Site> {
  const site = await oauthSite(world, user, wish);
  const token = join(site.dir, 'tokens', user);
  await writeFile(token, `${await world.oidc.refreshToken(user)}\n`, { mode: 0o600 });
  return site;
}
