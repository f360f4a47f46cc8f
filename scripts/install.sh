#!/bin/sh
# Puts earshot on a machine without Debian's packages, or takes it away; called by `make install`.
#
#   scripts/install.sh install|uninstall PREFIX       (DESTDIR= for packagers)
#
# An existing configuration is never touched. The service is neither enabled nor started.
set -eu
cd "$(dirname "$0")/.."
action=${1:?install or uninstall}
prefix=${2:?folder such as /usr/local}
dest=${DESTDIR-}
units=/etc/systemd/system
[ "$prefix" != /usr ] || units=/lib/systemd/system

case $action in
install)
	install -D -m 755 build/bin/earshot "$dest$prefix/bin/earshot"
	install -D -m 644 build/lib/earshot/libonnxruntime.so "$dest$prefix/lib/earshot/libonnxruntime.so"
	install -D -m 644 packaging/earshot.1 "$dest$prefix/share/man/man1/earshot.1"
	for file in README.md LICENSE packaging/debian/copyright systemd/cuda.conf systemd/pulseaudio.conf; do
		install -D -m 644 "$file" "$dest$prefix/share/doc/earshot/${file##*/}"
	done
	install -D -m 644 infer/builtin/CARD.md "$dest$prefix/share/doc/earshot/model-card.md"
	install -D -m 644 infer/builtin/CREDITS.md "$dest$prefix/share/doc/earshot/model-credits.md"
	install -D -m 644 infer/builtin/CREDITS-second.md "$dest$prefix/share/doc/earshot/second-opinion-credits.md"
	install -D -m 644 infer/builtin/LICENSE-yamnet "$dest$prefix/share/doc/earshot/yamnet-licence.txt"
	install -D -m 644 daemon/capture/demo/CREDITS.md "$dest$prefix/share/doc/earshot/demo-credits.md"
	install -D -m 644 daemon/halfhour/credits.tsv "$dest$prefix/share/doc/earshot/half-hour-credits.tsv"
	install -d -m 755 "$dest$units" "$dest/etc/earshot"
	install -d -m 700 "$dest/etc/earshot/mqtt"
	[ -e "$dest/etc/earshot/config.yaml" ] || install -m 644 config.yaml "$dest/etc/earshot/config.yaml"
	sed "s|/usr/bin/earshot|$prefix/bin/earshot|; s|/usr/share/doc|$prefix/share/doc|" systemd/earshot.service \
		>"$dest$units/earshot.service"
	chmod 644 "$dest$units/earshot.service"
	echo "installed below $dest$prefix; to start it now and at every boot:"
	echo "  systemctl daemon-reload && systemctl enable --now earshot"
	;;
uninstall)
	if [ -z "$dest" ] && [ -d /run/systemd/system ]; then
		systemctl disable --now earshot.service 2>/dev/null || true
	fi
	rm -f "$dest$prefix/bin/earshot" "$dest$units/earshot.service" "$dest$prefix/share/man/man1/earshot.1"
	rm -rf "$dest$prefix/lib/earshot" "$dest$prefix/share/doc/earshot"
	echo "removed; what you wrote stays: $dest/etc/earshot, $dest/var/lib/earshot"
	;;
*)
	echo "install.sh: \"$action\" is no action; install and uninstall are" >&2
	exit 2
	;;
esac
