#!/bin/sh
# Runs every fuzz target of the module for a while, one after the other.
#
#   scripts/fuzz.sh 2m [PACKAGE…]      e.g. scripts/fuzz.sh 30s ./audio ./publish
#
# An input that found something is shrunk for 50 executions only: by default that may take a minute each time, which
# left 12 executions of FuzzFLAC in two minutes on a busy machine, where there are 785 in one.
set -eu
cd "$(dirname "$0")/.."
time=${1:?how long each target runs, e.g. 2m}
shift
[ $# -gt 0 ] || set -- ./...
for package in $(go list "$@"); do
	for target in $(go test -list '^Fuzz' "$package" | grep '^Fuzz' || true); do
		echo "== $package $target"
		go test -run "^$" -fuzz "^$target\$" -fuzztime "$time" -fuzzminimizetime 50x "$package"
	done
done
