#!/bin/sh
# Boots a throw-away copy of this machine, its own systemd as process 1, and waits until it ends.
#
#   scripts/nspawn.sh FOLDER        (root; SIGTERM shuts it down)
#
# The copy is an overlay over / whose changes live in memory, below FOLDER/upper; its network is an
# empty one. All mounts are in a mount namespace of our own and vanish with it.
set -eu
tools=$(cd "$(dirname "$0")/.." && pwd)/build/nspawn
folder=${1:?empty folder}

if [ "${2-}" != inside ]; then
	exec unshare --mount --propagation private -- sh "$0" "$folder" inside
fi

mount -t tmpfs -o size=2g earshot-test "$folder"
mkdir "$folder/upper" "$folder/work" "$folder/root"
mount -t overlay -o "lowerdir=/,upperdir=$folder/upper,workdir=$folder/work" overlay "$folder/root"
# The machine this is a copy of may forbid packages to start services; a booted one would not.
rm -f "$folder/root/etc/machine-id" "$folder/root/usr/sbin/policy-rc.d"
: >"$folder/root/etc/machine-id"

nspawn=systemd-nspawn
if ! command -v $nspawn >/dev/null; then
	nspawn=$tools/usr/bin/systemd-nspawn
	LD_LIBRARY_PATH=$tools/usr/lib/$(uname -m)-linux-gnu/systemd
	export LD_LIBRARY_PATH
fi
exec "$nspawn" --quiet --directory="$folder/root" --boot --register=no --keep-unit --private-network \
	--link-journal=no --console=pipe </dev/null
