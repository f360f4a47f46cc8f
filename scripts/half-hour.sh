#!/bin/sh
# half-hour.sh: makes the half hour of speech and music on which a taught model is measured against the one before it: of every line of
# daemon/halfhour/credits.tsv the piece that it names, one behind the other, mono at 24 kHz, as Ogg Vorbis of the lowest quality, 21 kbit/s,
# daemon/halfhour/speech.ogg and music.ogg.
#
#   scripts/half-hour.sh FOLDER…
#
# The folders are those into which scripts/open-data.sh brought the recordings; each file is taken from the first that has it. It needs sox
# and oggenc (Debian's vorbis-tools). The product is built without it: what it makes is committed.
set -eu
[ $# -gt 0 ] || { echo "usage: half-hour.sh FOLDER…: where scripts/open-data.sh put the recordings" >&2; exit 2; }
here=$(cd "$(dirname "$0")/../daemon/halfhour" && pwd)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
tab=$(printf '\t')
n=0
tail -n +2 "$here/credits.tsv" >"$work/list"
while IFS=$tab read -r part file from seconds _; do
	for folder in "$@" ''; do
		[ -n "$folder" ] || { echo "half-hour: no $file in $*" >&2; exit 1; }
		[ ! -f "$folder/$file" ] || break
	done
	n=$((n + 1))
	piece=$(printf '%s/%s-%02d.wav' "$work" "$part" "$n")
	sox -V1 -q -R "$folder/$file" -b 16 "$piece" remix - trim "$from" "$seconds" gain -h rate -v 24000
done <"$work/list"
for part in speech music; do
	sox -q "$work/$part"-*.wav "$work/$part.wav"
	# The serial is given, so that the same recordings and the same encoder give the same bytes.
	oggenc -Q --serial 1 -q -1 -o "$here/$part.ogg" "$work/$part.wav"
	ls -l "$here/$part.ogg"
done
