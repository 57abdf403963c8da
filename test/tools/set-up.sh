# Set-up that `npm test` and `npm run demo` share. Sourced by bash, at the top of the repository.
export PATH="$PWD/node_modules/.bin:$PATH:/usr/local/sbin:/usr/sbin:/sbin"

say() { printf '%s\n' "$*" >&2; }

as_root() {
  if [ "$(id -u)" -eq 0 ]; then
    "$@"
  elif command -v sudo >/dev/null; then
    sudo "$@"
  else
    say "error: this needs root, and there is no sudo here: $*"
    say 'Run that as root, then try again.'
    return 1
  fi
}

# The dependencies and, for this directory only, Node 24.
install_dependencies() {
  if node_modules/node/bin/node --version >/dev/null 2>&1 && npm ls >/dev/null 2>&1; then return; fi
  command -v npm >/dev/null || {
    say 'error: npm is not installed. Install Node.js with npm (apt-get install npm), then try again.'
    return 1
  }
  say 'Setting up: npm ci'
  npm ci --no-audit --no-fund --loglevel=error >&2 </dev/null
  node_modules/node/bin/node --version >/dev/null 2>&1 || {
    say 'error: npm ci brought no Node 24: its install script did not run.'
    say 'Allow install scripts (npm config get ignore-scripts must say false), remove node_modules, try again.'
    return 1
  }
}

# install_packages PACKAGE…: from Debian or Ubuntu. A mail server among them must not start on its own:
# policy-rc.d (101: not allowed) stops that now, `systemctl disable` at the next boot.
install_packages() {
  [ $# -gt 0 ] || return 0
  command -v apt-get >/dev/null || {
    say "error: no apt-get here. Install what these Debian packages hold, then try again: $*"
    return 1
  }
  say "Setting up: apt-get install $*"
  local gate=/usr/sbin/policy-rc.d ours=false status=0
  if [ ! -e "$gate" ]; then
    ours=true
    as_root sh -c "printf '#!/bin/sh\nexit 101\n' >$gate && chmod 755 $gate"
  fi
  update_package_lists &&
    as_root env DEBIAN_FRONTEND=noninteractive apt-get -qq install -y --no-install-recommends "$@" \
      >/dev/null </dev/null ||
    status=$?
  if [ "$ours" = true ]; then as_root rm -f "$gate"; fi
  if [ -d /run/systemd/system ] && [[ " $* " == *' dovecot-imapd '* ]]; then
    # There may be no such unit, which is as good.
    as_root systemctl disable --quiet dovecot.service dovecot.socket >/dev/null 2>&1 || true
  fi
  if [ -d /run/systemd/system ] && [[ " $* " == *' prometheus '* ]]; then
    as_root systemctl disable --quiet prometheus.service >/dev/null 2>&1 || true
  fi
  if [ -d /run/systemd/system ] && [[ " $* " == *' postgresql-15 '* || " $* " == *' slapd '* ]]; then
    as_root systemctl disable --quiet postgresql.service slapd.service >/dev/null 2>&1 || true
  fi
  return "$status"
}

update_package_lists() { as_root apt-get -qq update </dev/null; }

# The program as it is shipped, for the tests that start it as a process: it starts in half the time.
# Each file is a process of its own: what Node compiled for one is there for the next.
build_program() {
  export NODE_COMPILE_CACHE="$PWD/node_modules/.cache/tests"
  local program="$PWD/node_modules/.cache/program"
  rm -rf "$program"
  mkdir -p "$program/src"
  cp package.json "$program"
  cp src/mothball.js "$program/src"
  npm run --silent bundle:into -- --outdir="$program/dist"
  export MOTHBALL_TEST_PROGRAM="$program/src/mothball.js"
}
