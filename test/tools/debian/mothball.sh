#!/bin/sh
# Mothball, with the configuration of this machine unless this directory has one or another is named.
set -e
if [ -z "$MOTHBALL_CONFIG" ] && [ ! -e mothball.yaml ]; then
  export MOTHBALL_CONFIG=/etc/mothball/mothball.yaml
fi
# For root it runs as the user of the service, to whom the configuration and the database belong.
if [ "$(id -u)" -eq 0 ] && [ -z "$MOTHBALL_AS_ROOT" ] && getent passwd mothball >/dev/null; then
  export HOME=/var/lib/mothball
  exec setpriv --reuid=mothball --regid=mothball --init-groups -- /usr/lib/mothball/src/mothball.js "$@"
fi
exec /usr/lib/mothball/src/mothball.js "$@"
