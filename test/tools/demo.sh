#!/usr/bin/env bash
# npm run demo [-- --keep]: sets up what is missing, then runs test/tools/demo.ts with Node 24.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."

for word in "$@"; do
  if [ "$word" != --keep ]; then
    echo "error: the demo knows only --keep, not $word" >&2
    exit 2
  fi
done

. test/tools/set-up.sh
install_dependencies
packages=()
{ command -v dovecot && [ -x /usr/lib/dovecot/imap ]; } >/dev/null || packages+=(dovecot-imapd)
# For the server's certificate, and for reading the archive without Mothball.
for program in openssl zstd; do
  command -v "$program" >/dev/null || packages+=("$program")
done
install_packages "${packages[@]}"
exec node_modules/node/bin/node test/tools/demo.ts "$@"
