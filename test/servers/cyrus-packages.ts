import { unpacked } from './unpacked.ts';

/** Root of an unpacked Cyrus 3.6. */
export function cyrusPackages(): Promise<string> {
  return unpacked({
    name: 'cyrus',
    program: 'usr/lib/cyrus/bin/master',
    packages: [
      'cyrus-common',
      'cyrus-imapd',
      'sasl2-bin',
      'libclamav12',
      'libmspack0',
      'libical3',
      'libxapian30',
      'libzephyr4',
      'libpcre3',
      'libwrap0',
      'libjansson4',
    ],
  });
}
