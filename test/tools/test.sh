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
  command -v systemd-analyze >/dev/null || packages+=(systemd)
  command -v groff >/dev/null || packages+=(groff-base)
  # An S3 server: its parts run on loopback, started by the tests alone.
  command -v ceph >/dev/null || packages+=(ceph-common)
  for program in radosgw ceph-mon ceph-osd; do
    command -v "$program" >/dev/null || packages+=("$program")
  done
  command -v promtool >/dev/null || packages+=(prometheus)
  command -v chromium >/dev/null || packages+=(chromium)
  # Databases and a directory, for the catalog and the account sources.
  [ -x /usr/lib/postgresql/15/bin/postgres ] || packages+=(postgresql-15)
  [ -x /usr/sbin/mariadbd ] || packages+=(mariadb-server-core mariadb-client-core)
  command -v dnsmasq >/dev/null || packages+=(dnsmasq-base)
  [ -x /usr/sbin/slapd ] || packages+=(slapd ldap-utils)
  install_packages "${packages[@]}"
  if [ ! -e .cache/cyrus ] || [ ! -e .cache/courier ] || [ ! -e .cache/shells ]; then
    say 'Setting up: Cyrus, Courier, zsh and fish, unpacked under .cache'
    # Without lists, or with old ones, apt-get finds no package to download.
    update_package_lists
    node test/tools/fetch-servers.ts
  fi
}

# The longest first: at the end they would leave a core idle.
test_files() {
  printf '%s\n' test/mutants/mutants.test.ts
  find test -name '*.test.ts' -not -path 'test/bench/*' -not -path 'test/mutants/*' | sort
}

took() { say "npm test $1 after $((SECONDS / 60)) min $((SECONDS % 60)) s"; }

trap 'status=$?; [ "$status" -eq 0 ] || took FAILED' EXIT
set_up
run_tests() { node --test --test-concurrency="$1" --test-timeout=300000 --test-reporter=spec "${@:2}" </dev/null; }

build_program

# Most tests wait for a server: two files more at a time than there are cores.
jobs=$(($(nproc) + 2))
if [ $# -gt 0 ]; then
  run_tests "$jobs" "$@"
else
  npm run --silent check
  mapfile -t files < <(test_files)
  [ ${#files[@]} -gt 0 ]
  run_tests "$jobs" "${files[@]}"
fi
took passed
