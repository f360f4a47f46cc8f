#!/bin/sh
# Lists what is linked into the program, as CycloneDX: dist/earshot_VERSION_ARCH.cdx.json; called by `make sbom`.
#
#   packaging/sbom.sh CYCLONEDX-GOMOD VERSION [amd64|arm64]…
#
# It reads the commit from git, of a whole checkout (not a linked work tree). Modules that only tests use are not in it. ONNX Runtime, which travels in the package beside the program, is added.
set -eu
cd "$(dirname "$0")/.."
tool=${1:?cyclonedx-gomod}
version=${2:?version}
shift 2
command -v jq >/dev/null || {
	echo "sbom.sh: needs jq (apt-get install jq)" >&2
	exit 2
}
[ $# -gt 0 ] || set -- "$(go env GOHOSTARCH)"
runtime=$(sed -n 's/^version=//p' scripts/onnxruntime.sh)
mkdir -p dist
for arch in "$@"; do
	out=dist/earshot_${version}_$arch.cdx.json
	GOARCH=$arch CGO_ENABLED=1 "$tool" app -json -std -noserial -licenses -output "$out.part" .
	jq --arg version "$version" --arg runtime "$runtime" '
		.metadata.component.version = $version |
		.components += [{type: "library", name: "onnxruntime", version: $runtime, scope: "required",
			purl: "pkg:github/microsoft/onnxruntime@v\($runtime)", licenses: [{license: {id: "MIT"}}]}]' "$out.part" >"$out"
	rm "$out.part"
	echo "$out"
done
