#!/usr/bin/env bash
# npm run test:image: a real engine builds the Dockerfile as it is, and the tests of the image run on the
# result. Takes a few minutes the first time, for the base; then about one. Needs root or sudo, for mounts.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."
. test/tools/set-up.sh
install_dependencies

packages=()
for program in buildah debootstrap; do
  command -v "$program" >/dev/null || packages+=("$program")
done
[ -x /usr/lib/dovecot/imap ] || packages+=(dovecot-imapd)
install_packages "${packages[@]}"

version=$(node --version)
base="$PWD/.cache/base-$version.tar"
work=$(mktemp -d)
engine() { as_root buildah --storage-driver vfs --root "$work/storage" --runroot "$work/run" "$@"; }
clean() {
  engine umount --all >/dev/null 2>&1 || true
  as_root rm -rf "$work"
}
trap clean EXIT

# What the official image is made of: Debian, Node.js and npm.
make_base() {
  say "Setting up: a base of Debian trixie with Node.js $version"
  as_root debootstrap --variant=minbase trixie "$work/base" >"$work/debootstrap.log" || {
    tail -n 20 "$work/debootstrap.log" >&2
    return 1
  }
  as_root install -D "$(readlink -f node_modules/node/bin/node)" "$work/base/usr/local/bin/node"
  (cd "$work" && npm pack --silent npm@11.19.1 >/dev/null && tar -xzf npm-11.19.1.tgz)
  as_root mkdir -p "$work/base/usr/local/lib/node_modules"
  as_root mv "$work/package" "$work/base/usr/local/lib/node_modules/npm"
  as_root ln -s ../lib/node_modules/npm/bin/npm-cli.js "$work/base/usr/local/bin/npm"
  as_root chmod 755 "$work/base/usr/local/lib/node_modules/npm/bin/npm-cli.js"
  as_root rm -rf "$work/base/var/cache/apt" "$work/base/var/lib/apt/lists"
  mkdir -p .cache
  as_root tar -C "$work/base" -cf "$work/base.tar" .
  as_root mv "$work/base.tar" "$base"
  as_root rm -rf "$work/base"
}
[ -e "$base" ] || make_base

started=$SECONDS
container=$(engine from scratch)
engine add --quiet "$container" "$base" / >/dev/null
# Behind a proxy that ends TLS, npm needs its certificate; the base alone gets it.
if [ -n "${NODE_EXTRA_CA_CERTS:-}" ]; then
  engine copy --quiet "$container" "$NODE_EXTRA_CA_CERTS" /etc/extra-ca.pem >/dev/null
  engine config --env NODE_EXTRA_CA_CERTS=/etc/extra-ca.pem "$container"
fi
engine config --env PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin "$container"
engine commit --quiet --rm "$container" localhost/node-base >/dev/null
say "buildah builds the Dockerfile"
engine bud --isolation chroot --format docker --quiet --pull-never \
  --build-arg NODE_IMAGE=localhost/node-base --tag localhost/mothball . >"$work/build.log" 2>&1 || {
  tail -n 40 "$work/build.log" >&2
  exit 1
}
say "built after $((SECONDS - started)) s"
container=$(engine from --pull-never localhost/mothball)
MOTHBALL_IMAGE_ROOT=$(engine mount "$container")
MOTHBALL_IMAGE_CONFIG="$work/image.json"
engine inspect --type image localhost/mothball >"$MOTHBALL_IMAGE_CONFIG"
export MOTHBALL_IMAGE_ROOT MOTHBALL_IMAGE_CONFIG
node --test --test-timeout=300000 --test-reporter=spec test/image/engine.ts test/image/image.test.ts </dev/null
