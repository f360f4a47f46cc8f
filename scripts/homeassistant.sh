#!/bin/sh
# Installs Home Assistant itself, for `make homeassistant`: its releases want a Python that Debian stable does not have,
# so it lives in a folder with a small Debian of its own.
#
#   scripts/homeassistant.sh FOLDER VERSION
#
# Idempotent. It needs root (debootstrap, chroot), some 1.3 GB, Debian's mirror and the Python package index.
set -eu
root=${1:?folder} version=${2:?version of Home Assistant}
suite=forky # the first with Python 3.14

stamp=$root/etc/homeassistant-$version
[ -e "$stamp" ] && exit 0
[ "$(id -u)" = 0 ] || {
	echo "homeassistant.sh: debootstrap and chroot need root" >&2
	exit 1
}
command -v debootstrap >/dev/null || apt-get install -y -qq --no-install-recommends debootstrap >/dev/null

if [ ! -x "$root/usr/bin/python3" ]; then
	rm -rf "$root"
	# A debootstrap that is older than the suite knows its kin.
	debootstrap --variant=minbase --include=python3,python3-venv,ca-certificates,libturbojpeg0 \
		"$suite" "$root" http://deb.debian.org/debian sid >&2
fi
cp /etc/resolv.conf "$root/etc/resolv.conf"
cp /etc/ssl/certs/ca-certificates.crt "$root/etc/ssl/certs/ca-certificates.crt" # with what this machine trusts beside

inside() { chroot "$root" env -i PATH=/ha/bin:/usr/sbin:/usr/bin:/sbin:/bin HOME=/root LANG=C.UTF-8 \
	SSL_CERT_FILE=/etc/ssl/certs/ca-certificates.crt PIP_CERT=/etc/ssl/certs/ca-certificates.crt "$@"; }

[ -x "$root/ha/bin/uv" ] || {
	inside python3 -m venv /ha
	inside pip install --quiet uv
}
# What a release of Home Assistant was tested with stands in the release itself.
inside uv pip install --quiet --python /ha/bin/python --no-deps "homeassistant==$version"
constraints=$(inside sh -c 'echo /ha/lib/python3.*/site-packages/homeassistant/package_constraints.txt')
inside uv pip install --quiet --python /ha/bin/python --constraint "$constraints" \
	"homeassistant==$version" paho-mqtt pyotp PyQRCode
: >"$stamp"
