#!/usr/bin/env bash
# npm test: installs what is missing, checks types, lint and format, then runs every test.
# npm test -- FILE…: only these test files, without the checks.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."
. test/tools/set-up.sh

set_up() {
  install_dependencies
  local packages=() program
  [ -x /usr/lib/dovecot/imap ] || packages+=(dovecot-imapd)
  for program in age gzip openssl python3 strace unzip zstd; do
    command -v "$program" >/dev/null || packages+=("$program")
  done
  command -v ps >/dev/null || packages+=(procps)
  # An S3 server: its parts run on loopback, started by the tests alone.
  command -v ceph >/dev/null || packages+=(ceph-common)
  for program in radosgw ceph-mon ceph-osd; do
    command -v "$program" >/dev/null || packages+=("$program")
  done
  command -v promtool >/dev/null || packages+=(prometheus)
  command -v chromium >/dev/null || packages+=(chromium)
  install_packages "${packages[@]}"
  if [ ! -e .cache/cyrus ]; then
    say 'Setting up: Cyrus IMAP, unpacked under .cache'
    # Without lists, or with old ones, apt-get finds no package to download.
    update_package_lists
    node test/tools/fetch-cyrus.ts
  fi
}

test_files() { find test -name '*.test.ts' -not -path 'test/bench/*' | sort; }

took() { say "npm test $1 after $((SECONDS / 60)) min $((SECONDS % 60)) s"; }

trap 'status=$?; [ "$status" -eq 0 ] || took FAILED' EXIT
set_up
if [ $# -eq 0 ]; then
  npm run --silent check
  mapfile -t files < <(test_files)
  [ ${#files[@]} -gt 0 ]
else
  files=("$@")
fi
# Most tests wait for a server: one file more at a time than there are cores.
jobs=$(($(nproc) + 1))
node --test --test-concurrency="$jobs" --test-timeout=300000 --test-reporter=spec "${files[@]}" </dev/null
took passed
