#!/bin/sh
# Makes this Debian machine able to build for another of Debian's architectures (multiarch).
#
#   packaging/cross.sh arm64|amd64
set -eu
arch=${1:?arm64 or amd64}
case $arch in
arm64) triple=aarch64-linux-gnu ;;
amd64) triple=x86-64-linux-gnu ;;
esac
root() { if [ "$(id -u)" = 0 ]; then "$@"; else sudo "$@"; fi; }

missing=
for package in "gcc-$triple" "libc6-dev:$arch" "portaudio19-dev:$arch"; do
	dpkg-query -W -f='${db:Status-Status}' "$package" 2>/dev/null | grep -qx installed || missing="$missing $package"
done
[ -n "$missing" ] || exit 0
root dpkg --add-architecture "$arch"
root apt-get update -qq
# shellcheck disable=SC2086 # a list of words
root env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends --no-remove $missing
