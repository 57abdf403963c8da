import { symlink } from 'node:fs/promises';
import { join } from 'node:path';
import { unpacked } from './unpacked.ts';

/** Root of an unpacked zsh 5.9 and fish 3.6. */
export function shellPackages(): Promise<string> {
  return unpacked({
    name: 'shells',
    program: 'usr/bin/fish',
    packages: ['zsh', 'zsh-common', 'fish', 'fish-common', 'libpcre2-32-0', 'libncursesw6', 'libtinfo6'],
    // fish takes its functions from beside its program if it finds its settings there too.
    finish: (tree) => symlink('../etc', join(tree, 'usr/etc')),
  });
}
