#!/usr/bin/env bash
# npm run demo [-- --keep]: sets up what is missing, then runs tools/demo.ts with Node 24.
set -euo pipefail

for word in "$@"; do
  if [ "$word" != --keep ]; then
    echo "error: the demo knows only --keep, not $word" >&2
    exit 2
  fi
done

# shellcheck source=tools/set-up.sh
source "$(dirname "${BASH_SOURCE[0]}")/set-up.sh"
need_dependencies
need_packages
exec node_modules/node/bin/node tools/demo.ts "$@"
