#!/bin/sh
# Puts ONNX Runtime's shared library for one architecture where a program finds it.
#
#   scripts/onnxruntime.sh x64|arm64 FOLDER      → FOLDER/libonnxruntime.so
#
# Two sources, tried in this order; nothing unchecked is ever kept:
#   npm      the package onnxruntime-node, by `npm pack`, which runs no script of the package.
#            The pins are of the library itself and were computed from the package.
#   release  the archive of the project's own release. Its library is another build, so the pin is
#            of the archive. The archive could not be downloaded where this was written (only
#            package registries are reached there): its digests were read off several unrelated
#            public projects that record the release page's digest, all agreeing; a file that
#            differs is refused, never used.
set -eu
version=1.30.0
arch=${1:?x64 or arm64}
folder=${2:?folder to put the library in}

case $arch in
x64)
	library=ffb75a925ba05e47b235bb66e3e3911714a80b328a9c9425539feb204aa32a23
	asset=onnxruntime-linux-x64-$version
	archive=a5ed5a3cac51fbb2e90da632ae43d19212faaa20e76484e62bcb7c23ddb3b3fd
	;;
arm64)
	library=1f549d46250b005580b597f4164984aaf75b3bcb9f3aeb07c7f8a8fe60b23c76
	asset=onnxruntime-linux-aarch64-$version
	archive=e16a27a8ed330bbc698df7330b0cf56e722f354e3bcc92118682c74ef3c3e3da
	;;
*)
	echo "onnxruntime.sh: no ONNX Runtime is published for \"$arch\"; x64 and arm64 are" >&2
	exit 2
	;;
esac

# checked SHA256 FILE: is the file there, and is it that one?
checked() { [ -f "$2" ] && echo "$1  $2" | sha256sum --check --status -; }

target=$folder/libonnxruntime.so
record=$folder/.libonnxruntime.sha256 # the digest of what was verified and installed
if [ -f "$record" ] && checked "$(cat "$record")" "$target" &&
	grep -q "^$version $arch\$" "$folder/.libonnxruntime.version"; then
	exit 0
fi

scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT

from_npm() {
	command -v npm >/dev/null || return 1
	(cd "$scratch" && npm pack --ignore-scripts --silent "onnxruntime-node@$version" >/dev/null) || return 1
	tar -xzf "$scratch/onnxruntime-node-$version.tgz" -C "$scratch" \
		"package/bin/napi-v6/linux/$arch/libonnxruntime.so.1" || return 1
	found=$scratch/package/bin/napi-v6/linux/$arch/libonnxruntime.so.1
	checked "$library" "$found" || {
		echo "onnxruntime.sh: npm's library has sha256 $(sha256sum <"$found"), pinned is $library" >&2
		return 1
	}
}

from_release() {
	url=https://github.com/microsoft/onnxruntime/releases/download/v$version/$asset.tgz
	if command -v curl >/dev/null; then
		curl --fail --location --silent --show-error --retry 3 -o "$scratch/archive.tgz" "$url" || return 1
	else
		wget -q -O "$scratch/archive.tgz" "$url" || return 1
	fi
	checked "$archive" "$scratch/archive.tgz" || {
		echo "onnxruntime.sh: $url has sha256 $(sha256sum <"$scratch/archive.tgz"), pinned is $archive" >&2
		return 1
	}
	tar -xzf "$scratch/archive.tgz" -C "$scratch" || return 1
	found=$scratch/$asset/lib/libonnxruntime.so.$version
}

echo "fetching ONNX Runtime $version ($arch)"
from_npm || from_release || {
	echo "onnxruntime.sh: ONNX Runtime $version could be had neither by \"npm pack onnxruntime-node@$version\"" >&2
	echo "nor from the release archive; put libonnxruntime.so (1.24 or newer) into $folder by hand" >&2
	exit 1
}
mkdir -p "$folder"
cp "$found" "$target.part"
chmod 755 "$target.part"
mv "$target.part" "$target"
sha256sum <"$target" | cut -d' ' -f1 >"$record"
echo "$version $arch" >"$folder/.libonnxruntime.version"
