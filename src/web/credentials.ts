/** A token, and how it was sent. */
export interface Credentials {
  readonly scheme: 'bearer' | 'basic';
  readonly token: string;
}

/**
 * Reads an Authorization header: Bearer (RFC 6750 §2.1), or Basic (RFC 7617) with any user name and
 * the token as the password, so that a browser can ask for it. Null: none of these.
 */
export function readCredentials(header: string | undefined): Credentials | null {
  const [, scheme = '', value = ''] = /^(\w+) +(\S+)$/.exec(header?.trim() ?? '') ?? [];
  switch (scheme.toLowerCase()) {
    case 'bearer':
      return { scheme: 'bearer', token: value };
    case 'basic': {
      const text = Buffer.from(value, 'base64').toString('utf8');
      const colon = text.indexOf(':');
      return colon === -1 ? null : { scheme: 'basic', token: text.slice(colon + 1) };
    }
    default:
      return null;
  }
}
