#!/bin/sh
# Runs what an arm64 package holds on a machine of another kind, under qemu-user (root).
#
#   scripts/emulate.sh dist/earshot_0.1.0_arm64.deb classify gammatone/testdata/clip_1-30226-A-0.wav
#
# Needs qemu-user-static and libportaudio2:arm64 (packaging/cross.sh arm64 brings the latter). qemu-user
# shows the host's /proc/cpuinfo and /sys, at which ONNX Runtime's processor detection for Arm crashes:
# so the program gets those of a Cortex-A72 with two cores, in a mount namespace of its own.
set -eu
package=${1:?the arm64 package}
shift
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
dpkg -x "$package" "$scratch/root"
for core in 0 1; do
	printf 'processor\t: %s\nBogoMIPS\t: 108.00\nFeatures\t: fp asimd evtstrm crc32 cpuid\n' $core
	printf 'CPU implementer\t: 0x41\nCPU architecture: 8\nCPU variant\t: 0x0\nCPU part\t: 0xd08\nCPU revision\t: 3\n\n'
done >"$scratch/cpuinfo"
mkdir "$scratch/cpu"
for list in possible present online; do echo 0-1 >"$scratch/cpu/$list"; done

# shellcheck disable=SC2016 # the inner shell expands it
unshare --mount --propagation private -- sh -c '
	mount --bind "$0/cpuinfo" /proc/cpuinfo
	mount --bind "$0/cpu" /sys/devices/system/cpu
	exec qemu-aarch64-static "$0/root/usr/bin/earshot" "$@"' "$scratch" "$@"
