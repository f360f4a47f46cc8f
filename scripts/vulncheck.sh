#!/bin/sh
# Holds the program against the database of known weaknesses in Go modules and in Go itself; part of `make lint`.
#
#   scripts/vulncheck.sh GOVULNCHECK PACKAGE…
#
# Where the database is not reached within ten seconds that is said, and is no failure: a machine without the internet
# can still work on earshot. A weakness in code that is really called is one.
set -eu
tool=${1:?govulncheck, VERSION of it at the end of the name}
shift
: "${GOVULNDB:=https://vuln.go.dev}"

if ! curl --silent --fail --location --max-time 10 --output /dev/null "$GOVULNDB/index/db.json"; then
	echo "not looked for known weaknesses: $GOVULNDB is not reached from here (GOVULNDB names another)"
	exit 0
fi
# Built once: `go run` of a pinned version asks the module proxy every time.
if [ ! -x "$tool" ]; then
	folder=$(cd "$(dirname "$tool")" && pwd)
	GOBIN=$folder go install "golang.org/x/vuln/cmd/govulncheck@${tool##*-}"
	mv "$folder/govulncheck" "$tool"
fi
"$tool" -db "$GOVULNDB" "$@"
