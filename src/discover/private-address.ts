import { BlockList, isIP } from 'node:net';

/**
 * Networks that nobody outside reaches (the special-purpose registries of IANA, RFC 6890), and the IPv6
 * forms that carry an IPv4 address and so may lead to one of them (RFC 6052, 3056, 4380).
 */
const networks: readonly (readonly [string, number])[] = [
  ['0.0.0.0', 8],
  ['10.0.0.0', 8],
  ['100.64.0.0', 10],
  ['127.0.0.0', 8],
  ['169.254.0.0', 16],
  ['172.16.0.0', 12],
  ['192.0.0.0', 24],
  ['192.0.2.0', 24],
  ['192.88.99.0', 24],
  ['192.168.0.0', 16],
  ['198.18.0.0', 15],
  ['198.51.100.0', 24],
  ['203.0.113.0', 24],
  ['224.0.0.0', 3],
  ['::', 96],
  ['64:ff9b::', 96],
  ['64:ff9b:1::', 48],
  ['100::', 64],
  ['2001::', 23],
  ['2001:db8::', 32],
  ['2002::', 16],
  ['3fff::', 20],
  ['5f00::', 16],
  ['fc00::', 7],
  ['fe80::', 10],
  ['fec0::', 10],
  ['ff00::', 8],
];

const refused = new BlockList();
for (const [network, prefix] of networks)
  refused.addSubnet(network, prefix, network.includes(':') ? 'ipv6' : 'ipv4');

/** Whether an address is one that anybody on the internet may have. `::ffff:a.b.c.d` counts as `a.b.c.d`. */
export function isPublicAddress(address: string): boolean {
  const plain = address.split('%')[0] ?? '';
  const family = isIP(plain);
  if (family === 0) return false;
  const mapped = family === 6 ? mappedAddress(plain) : null;
  if (mapped !== null) return isPublicAddress(mapped);
  return !refused.check(plain, family === 6 ? 'ipv6' : 'ipv4');
}

/** The IPv4 address in `::ffff:a.b.c.d`, however it is written (RFC 4291 §2.5.5.2). */
function mappedAddress(address: string): string | null {
  const written = new URL(`http://[${address}]/`).hostname;
  const [, high, low] = /^\[::ffff:([0-9a-f]{1,4}):([0-9a-f]{1,4})\]$/.exec(written) ?? [];
  if (high === undefined || low === undefined) return null;
  const number = parseInt(high, 16) * 65_536 + parseInt(low, 16);
  return [24, 16, 8, 0].map((shift) => Math.floor(number / 2 ** shift) % 256).join('.');
}
