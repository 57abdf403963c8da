#!/usr/bin/env bash
# npm run test:long [fault|mutants|…]: the long forms of the tests that npm test only samples: all pairs of
# kills, a power loss before each fsync, many lives of a mailbox, all mutants, the largest mail.
# With a word only the files whose path has it. SEED=N draws other lives.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."
export FULL=1 SEED="${SEED:-$RANDOM}"
echo "SEED=$SEED"
. test/tools/set-up.sh
packages=()
command -v mmdebstrap >/dev/null || packages+=(mmdebstrap)
command -v systemd-nspawn >/dev/null || packages+=(systemd-container)
command -v dpkg-shlibdeps >/dev/null || packages+=(dpkg-dev)
command -v strip >/dev/null || packages+=(binutils)
install_packages "${packages[@]}"
build_program
mapfile -t files < <(grep -rlE "from '\.\./full\.ts'" test --include='*.test.ts' | grep -F "test/${1:-}" | sort)
node --test --test-concurrency=1 --test-timeout=14400000 --test-reporter=spec "${files[@]}" </dev/null
