#!/bin/sh
# Gets what `make browser` needs beside the tests' own: Chromium from Debian, and axe-core, which looks for what people with a screen reader or
# poor sight would stumble over. It is used in that rig alone and never shipped.
#
#   scripts/browser.sh FOLDER
set -eu
folder=${1:?folder} version=4.14.1 sum=e6b0ce02b84d892e2e33e403485e7f3d6c29e2be6df65daf44d89ba564139745
command -v chromium >/dev/null || {
	if [ "$(id -u)" = 0 ]; then root=; else root=sudo; fi
	DEBIAN_FRONTEND=noninteractive $root apt-get install -y -qq --no-install-recommends chromium fonts-noto-cjk
}
[ -e "$folder/axe-$version" ] && exit 0
mkdir -p "$folder"
curl -fsSL --retry 3 -o "$folder/axe.tgz" "https://registry.npmjs.org/axe-core/-/axe-core-$version.tgz"
echo "$sum  $folder/axe.tgz" | sha256sum -c --quiet
tar -xzf "$folder/axe.tgz" -C "$folder" --strip-components=1 package/axe.min.js package/LICENSE
rm "$folder/axe.tgz"
touch "$folder/axe-$version"
