import { isIP } from 'node:net';

/** True for the names and addresses of this machine. */
export function isLocalHost(host: string): boolean {
  const bare = host.replace(/^\[(.*)\]$/, '$1').toLowerCase();
  return (
    bare === 'localhost' ||
    bare.endsWith('.localhost') ||
    bare === '::1' ||
    (isIP(bare) === 4 && bare.startsWith('127.'))
  );
}

/**
 * Whether a Host header (RFC 9110 §7.2) names this machine. A page elsewhere can have its own name
 * resolve to 127.0.0.1 (DNS rebinding); its requests carry that name.
 */
export function namesThisMachine(header: string | undefined, others: readonly string[] = []): boolean {
  const [, host = ''] = /^(\[[0-9A-Fa-f:.]+\]|[^:@/\s]+)(?::\d{1,5})?$/.exec(header ?? '') ?? [];
  return isLocalHost(host) || others.some((name) => name.toLowerCase() === host.toLowerCase());
}
