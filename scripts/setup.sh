#!/bin/sh
# Makes a fresh Debian machine (git, Go, make) able to build and run earshot, or to test it.
#
#   scripts/setup.sh run|test
#
# Idempotent, and free the second time: a stamp named by the scripts' own digest says it was done.
# Only missing packages are installed, nothing is ever removed for them, and no service is started.
set -eu
cd "$(dirname "$0")/.."
goal=${1:?run or test}

run="gcc libc6-dev pkg-config portaudio19-dev libasound2-plugins libsndfile1 mosquitto-clients ca-certificates curl"
test="pulseaudio pulseaudio-utils mosquitto sox flac ffmpeg systemd dbus iproute2 shellcheck lintian jq"
case $goal in
run) packages=$run ;;
test) packages="$run $test" ;;
*)
	echo "setup.sh: \"$goal\" is not a goal; run and test are" >&2
	exit 2
	;;
esac

digest=$(cat scripts/setup.sh scripts/onnxruntime.sh go.mod go.sum | sha256sum | cut -c1-16)
stamp=build/stamps/$goal-$digest
if [ -f "$stamp" ] && [ -f build/lib/earshot/libonnxruntime.so ]; then
	exit 0
fi

root() { if [ "$(id -u)" = 0 ]; then "$@"; else sudo "$@"; fi; }

# Debian starts a daemon as it installs it, unless policy-rc.d says no: a broker for the tests must
# not begin to listen on the machine's port 1883.
install_quietly() {
	policy=/usr/sbin/policy-rc.d
	ours=
	if [ ! -e $policy ]; then
		printf '#!/bin/sh\nexit 101\n' | root tee $policy >/dev/null
		root chmod 755 $policy
		ours=yes
		trap 'root rm -f /usr/sbin/policy-rc.d' EXIT
	fi
	status=0
	root env DEBIAN_FRONTEND=noninteractive \
		apt-get install -y -qq --no-install-recommends --no-remove "$@" || status=$?
	if [ -n "$ours" ]; then root rm -f $policy && trap - EXIT; fi
	return $status
}

missing=
for package in $packages; do
	dpkg-query -W -f='${db:Status-Status}\n' "$package" 2>/dev/null | grep -qx installed || missing="$missing $package"
done
if [ -n "$missing" ]; then
	command -v apt-get >/dev/null || {
		echo "setup.sh: not a Debian machine; install what these Debian packages hold:$missing" >&2
		exit 1
	}
	echo "installing Debian packages:$missing"
	# A machine that has its lists already need not fetch them again.
	# shellcheck disable=SC2086 # a list of words
	install_quietly $missing || { root apt-get update -qq && install_quietly $missing; }
	case $missing in
	*" mosquitto "* | *" mosquitto")
		root systemctl disable --quiet mosquitto.service 2>/dev/null || true
		;;
	esac
fi

case $(uname -m) in
x86_64) arch=x64 ;;
aarch64) arch=arm64 ;;
*)
	echo "setup.sh: ONNX Runtime has no library for $(uname -m); x86_64 and aarch64 have one" >&2
	exit 1
	;;
esac
sh scripts/onnxruntime.sh "$arch" build/lib/earshot

go mod download

# The unit is tested in a really booted systemd: systemd-nspawn, taken out of its package rather than
# installed, since that would upgrade the machine's own systemd.
if [ "$goal" = test ] && ! command -v systemd-nspawn >/dev/null && [ ! -x build/nspawn/usr/bin/systemd-nspawn ]; then
	(
		mkdir -p build/nspawn && cd build/nspawn
		{ apt-get download -qq systemd-container libsystemd-shared ||
			{ root apt-get update -qq && apt-get download -qq systemd-container libsystemd-shared; }; } &&
			for package in ./*.deb; do dpkg -x "$package" .; done
		rm -f ./*.deb
	) 2>/dev/null || echo "setup.sh: systemd-nspawn is not to be had; the tests of the booted unit will say so"
fi

mkdir -p build/stamps
rm -f "build/stamps/$goal-"*
: >"$stamp"
