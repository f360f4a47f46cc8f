#!/bin/sh
# Builds dist/earshot_VERSION_ARCH.deb; called by `make deb`.
#
#   packaging/deb.sh VERSION LDFLAGS [amd64|arm64]…
#
# Reproducible: the same commit with the same Go gives the same bytes (SOURCE_DATE_EPOCH dates them).
set -eu
umask 022
cd "$(dirname "$0")/.."
VERSION=${1:?version}
ldflags=${2:?linker flags}
shift 2
: "${SOURCE_DATE_EPOCH:?date of the last commit, seconds since 1970}"
own=$(go env GOHOSTARCH)
[ $# -gt 0 ] || set -- "$own"

# licences FILE: the licence texts of every Go module that is linked in.
licences() {
	go list -deps -f '{{with .Module}}{{if not .Main}}{{.Path}} {{.Version}} {{.Dir}}{{end}}{{end}}' . |
		LC_ALL=C sort -u | while read -r path version dir; do
		find "$dir" -maxdepth 1 -type f -iregex '.*/\(licen[sc]e\|copying\|notice\|copyright\)[^/]*' | LC_ALL=C sort |
			while read -r file; do
				printf '\n==== %s %s: %s\n\n' "$path" "$version" "${file##*/}"
				cat "$file"
			done
	done >"$1"
}

# stage ARCH: what the package holds, below $STAGE as it will be below /.
stage() {
	doc=$STAGE/usr/share/doc/earshot
	mkdir -p "$STAGE/usr/bin" "$STAGE/usr/lib/earshot" "$STAGE/lib/systemd/system" "$doc/examples" \
		"$STAGE/usr/share/man/man1" "$STAGE/usr/share/lintian/overrides"
	go build -trimpath -buildmode=pie -ldflags "$ldflags -linkmode=external -extldflags=-Wl,-z,relro,-z,now" \
		-o "$STAGE/usr/bin/earshot" .
	cp "build/package/lib-$1/libonnxruntime.so" "$STAGE/usr/lib/earshot/"
	"$STRIP" --strip-unneeded "$STAGE/usr/lib/earshot/libonnxruntime.so"
	chmod 644 "$STAGE/usr/lib/earshot/libonnxruntime.so"
	cp systemd/earshot.service "$STAGE/lib/systemd/system/"
	cp systemd/cuda.conf systemd/pulseaudio.conf "$doc/examples/"
	cp packaging/debian/copyright "$doc/copyright"
	cp README.md CHANGELOG.md "$doc/"
	cp infer/builtin/CARD.md "$doc/model-card.md"
	cp infer/builtin/CREDITS.md "$doc/model-credits.md"
	cp infer/builtin/CREDITS-second.md "$doc/second-opinion-credits.md"
	cp infer/builtin/LICENSE-yamnet "$doc/yamnet-licence.txt"
	cp daemon/capture/demo/CREDITS.md "$doc/demo-credits.md"
	cp daemon/halfhour/credits.tsv "$doc/half-hour-credits.tsv"
	licences "$doc/third-party-licences.txt"
	cp packaging/earshot.1 "$STAGE/usr/share/man/man1/"
	cp packaging/debian/lintian-overrides "$STAGE/usr/share/lintian/overrides/earshot"
	{
		printf 'earshot (%s) stable; urgency=medium\n\n  * The changes are told in CHANGELOG.md beside this file.\n\n' "$VERSION"
		printf ' -- earshot authors <%s>  %s\n' "$MAIL" "$(LC_ALL=C date -u -R -d "@$SOURCE_DATE_EPOCH")"
	} >"$doc/changelog"
	gzip -9n "$doc/changelog" "$doc/third-party-licences.txt" "$STAGE/usr/share/man/man1/earshot.1"
	find "$STAGE" -exec touch --no-dereference --date="@$SOURCE_DATE_EPOCH" {} +
}

# Built once: `go run` of a pinned version asks the module proxy every time.
nfpm=build/tools/nfpm-v2.43.4
if [ ! -x $nfpm ]; then
	GOBIN=$PWD/build/tools go install github.com/goreleaser/nfpm/v2/cmd/nfpm@v2.43.4
	mv build/tools/nfpm $nfpm
fi

MAIL=earshot@earshot.invalid
mkdir -p dist
for ARCH in "$@"; do
	case $ARCH in
	amd64) runtime=x64 triple=x86_64-linux-gnu ;;
	arm64) runtime=arm64 triple=aarch64-linux-gnu ;;
	*)
		echo "deb.sh: no package for \"$ARCH\"; amd64 and arm64 can be built" >&2
		exit 2
		;;
	esac
	STRIP="strip"
	if [ "$ARCH" != "$own" ]; then
		sh packaging/cross.sh "$ARCH"
		export CC="$triple-gcc" PKG_CONFIG_LIBDIR="/usr/lib/$triple/pkgconfig:/usr/share/pkgconfig"
		STRIP=$triple-strip
	fi
	export GOARCH="$ARCH" CGO_ENABLED=1
	sh scripts/onnxruntime.sh "$runtime" "build/package/lib-$ARCH"
	STAGE=build/package/stage
	rm -rf "$STAGE"
	stage "$ARCH"
	export ARCH VERSION MAIL
	$nfpm package --config packaging/nfpm.yaml --packager deb --target "dist/earshot_${VERSION}_$ARCH.deb"
	unset GOARCH CGO_ENABLED CC PKG_CONFIG_LIBDIR
done
