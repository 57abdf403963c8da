import { SignJWT } from 'jose';
import type { Secret } from '../config/secret.ts';
import { MothballError } from '../errors.ts';
import { privateKeyOf } from './client.ts';

/** How long an assertion is good for, in seconds: Google allows an hour. */
const lifeSeconds = 600;
/** A clock that is a little ahead must not make it one of the future. */
const backSeconds = 30;

interface Key {
  readonly email: string;
  readonly id: string;
  readonly pem: string;
}

export interface AssertionParts {
  readonly account: Secret;
  /** The user whose mail is wanted. */
  readonly subject: string;
  readonly scope: string;
  readonly audience: string;
  readonly now: Date;
}

/** A JWT that the service account signs in the name of a user (RFC 7523 §2.1). @throws `config`. */
export async function assertionOf({
  account,
  subject,
  scope,
  audience,
  now,
}: AssertionParts): Promise<string> {
  const key = keyIn(await account.readText(), account.origin);
  const seconds = Math.floor(now.getTime() / 1000);
  return new SignJWT({ scope })
    .setProtectedHeader({ alg: 'RS256', typ: 'JWT', kid: key.id })
    .setIssuer(key.email)
    .setSubject(subject)
    .setAudience(audience)
    .setIssuedAt(seconds - backSeconds)
    .setExpirationTime(seconds + lifeSeconds)
    .sign(await privateKeyOf(key.pem, 'RS256', account.origin));
}

function keyIn(text: string, origin: string): Key {
  let value: unknown = null;
  try {
    value = JSON.parse(text);
  } catch {
    // The text may hold the key: nothing of it is shown.
  }
  const field = (name: string): string => {
    const part: unknown = typeof value === 'object' && value !== null ? Reflect.get(value, name) : undefined;
    if (typeof part === 'string' && part !== '') return part;
    throw new MothballError(
      {
        fact: `${origin} is no JSON key of a service account: it has no ${name}`,
        remedy:
          'In the Google Cloud console, IAM & Admin, Service accounts, Keys: make a new key of type JSON and put its file there',
      },
      { code: 'config' },
    );
  };
  return { email: field('client_email'), id: field('private_key_id'), pem: field('private_key') };
}
