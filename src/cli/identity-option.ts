import { Option } from 'commander';

/** Names the file of `--identity` where the option is not given. */
export const identityVariable = 'MOTHBALL_IDENTITY';

/** For the commands that read archives. Commander needs a new one each time. */
export function identity(what = 'file with the age identity that decrypts encrypted archives'): Option {
  return new Option('--identity <file>', `${what} (env: ${identityVariable})`);
}
